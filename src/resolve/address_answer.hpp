// What a name stands for: the outcome of resolving it, wherever it was found.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <vector>

#include "outcome/failure.hpp"

namespace trawl {

namespace asio = boost::asio;

struct address_answer {
  /// Never empty. In the order in which they should be tried: both families by turns, the one that is more
  /// likely to work first (RFC 8305 4).
  std::vector<asio::ip::address> addresses;
  /// DNS was asked for this very answer, so resolving took time worth reporting. False for answers of the
  /// cache, the hosts file, overrides, localhost and literals.
  bool queried = false;
};

/// The failure of a lookup: dns_error (there is none, or the server would not say) or dns_timeout.
using resolve_outcome = result<address_answer>;

}  // namespace trawl
