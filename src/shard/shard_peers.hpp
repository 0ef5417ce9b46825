// The other shards and the home loop, as a shard sees them: the only way off its loop.
#pragma once

#include <cstddef>
#include <memory>

namespace trawl {

class task;
class url;
struct fetch;

/// Any thread.
class shard_peers {
 public:
  /// Which shard owns that host.
  [[nodiscard]] virtual std::size_t owner_of(const url& where) const = 0;
  /// Queues a fetch on another shard. Its `run` is of the sender, and not looked at.
  virtual void hand_over(std::size_t to, std::shared_ptr<task> of, fetch&& what) = 0;
  /// A record of a task was published that home must hear of: somebody waits for it, or it is the last one.
  virtual void tell_home(std::shared_ptr<task> which) = 0;

 protected:
  ~shard_peers() = default;
};

}  // namespace trawl
