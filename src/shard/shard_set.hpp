// All shards of the process and what they share; hands tasks out to them and fetches between them.
// Made and ended on the home loop; owner_of(), hand_over() and tell_home() are called by the shards.
#pragma once

#include <trawl/options.hpp>

#include <functional>
#include <memory>
#include <vector>

#include "shard/engine_totals.hpp"
#include "shard/shard_peers.hpp"

namespace trawl {

class shard;
struct shard_commons;

class shard_set final : public shard_peers {
 public:
  /// Throws start_error naming everything that is wrong with the options. `tell_home` is called on any
  /// shard's thread.
  shard_set(engine_options options, std::function<void(std::shared_ptr<task>)> tell_home);
  shard_set(const shard_set&) = delete;
  shard_set& operator=(const shard_set&) = delete;
  ~shard_set();

  [[nodiscard]] std::size_t size() const { return shards_.size(); }
  [[nodiscard]] std::size_t max_in_flight() const { return options_.max_in_flight; }
  [[nodiscard]] std::size_t left_to_others() const { return left_to_others_; }
  /// What all shards have counted so far.
  [[nodiscard]] engine_totals totals() const;
  void submit(const std::shared_ptr<task>& accepted);
  /// The task's stop() was called before; tells the shards so.
  void stop(const std::shared_ptr<task>& stopped, bool in_flight_too);

 private:
  void make_shards();
  void end();
  [[nodiscard]] std::size_t owner_of(const url& where) const override;
  void hand_over(std::size_t to, std::shared_ptr<task> of, fetch&& what) override;
  void tell_home(std::shared_ptr<task> which) override { tell_home_(std::move(which)); }

  engine_options options_;
  std::size_t left_to_others_ = 0;
  std::function<void(std::shared_ptr<task>)> tell_home_;
  std::unique_ptr<shard_commons> commons_;
  std::vector<std::unique_ptr<shard>> shards_;
};

}  // namespace trawl
