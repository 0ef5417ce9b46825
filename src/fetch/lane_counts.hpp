// What the lanes of a shard count for /metrics.
#pragma once

#include "base/metrics.hpp"

namespace trawl {

struct lane_counts {
  counter opened;        ///< Connections.
  counter reused;        ///< Requests on a connection that had carried one before.
  counter full_tls;      ///< Handshakes from the start.
  counter resumed_tls;   ///< Handshakes with a saved session.
  counter failed_dials;  ///< Resolution, connect or TLS that came to nothing.
};

}  // namespace trawl
