// One submission at work: its inputs, who has to fetch what, and the records as they come in.
//
// Inputs are immutable once built. Inputs of one host form a chain through one shared `next` array, so a
// waiting URL costs four bytes and a shard takes a whole host over by its head. Records are published by
// any shard without a lock: encoded into that shard's arena, hung into the slot of its index, and then
// appended to the completion log. Readers go through the log from the front and stop at the first empty
// entry, so what they have seen is a snapshot, and a position in the log is a cursor.
#pragma once

#include <trawl/options.hpp>
#include <trawl/record.hpp>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/arena.hpp"
#include "base/block_vector.hpp"
#include "base/clock.hpp"
#include "task/equal_inputs.hpp"
#include "task/input_extras.hpp"
#include "task/url_table.hpp"

namespace trawl {

/// Ends a chain of inputs.
inline constexpr std::uint32_t no_index = 0xFFFFFFFF;

/// The inputs of one host in one task.
struct host_chain {
  std::uint32_t head = no_index;
  std::uint32_t count = 0;
};

/// An entry of the completion log.
struct log_entry {
  std::uint32_t index = 0;
  errc code = errc::none;
};

/// What task_builder hands over; see there.
struct task_parts {
  std::string id;
  task_options options;
  url_table urls;
  input_extras extras;
  block_vector<std::uint32_t> next;
  std::vector<std::vector<host_chain>> chains;                      ///< By shard.
  host_chain invalid;                                               ///< Inputs that are no URL we fetch.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> duplicates;  ///< (index, group), by index.
  std::uint32_t duplicate_groups = 0;
  std::vector<shared_fetch> shared;  ///< With dedupe: by `fetched`.
  bool through_proxy = false;
  std::string owner;
  std::string body;  ///< Sent with every request; only for POST.
};

class task {
 public:
  explicit task(task_parts parts);

  [[nodiscard]] const std::string& id() const { return parts_.id; }
  [[nodiscard]] const task_options& options() const { return parts_.options; }
  /// The submission came through a proxy (Forwarded, Via, ...): its sender may be anyone.
  [[nodiscard]] bool through_proxy() const { return parts_.through_proxy; }
  /// The caller whose task it is; empty when nobody was asked for a key.
  [[nodiscard]] const std::string& owner() const { return parts_.owner; }
  [[nodiscard]] std::uint32_t total() const { return parts_.urls.size(); }
  [[nodiscard]] std::string_view url(std::uint32_t index) const { return parts_.urls.text(index); }
  /// Of its requests, when they are POST.
  [[nodiscard]] const std::string& body() const { return parts_.body; }
  /// Header fields of this input alone, "Name: value" and CR LF each; empty: none.
  [[nodiscard]] std::string_view fields(std::uint32_t index) const { return parts_.extras.fields(index); }
  [[nodiscard]] const input_extras& extras() const { return parts_.extras; }
  [[nodiscard]] std::uint32_t next(std::uint32_t index) const { return parts_.next[index]; }
  [[nodiscard]] std::span<const host_chain> chains(std::size_t shard) const { return parts_.chains[shard]; }
  [[nodiscard]] const host_chain& invalid() const { return parts_.invalid; }
  [[nodiscard]] std::chrono::system_clock::time_point created_at() const { return created_at_; }
  [[nodiscard]] time_point accepted_at() const { return accepted_at_; }
  /// (index, group) of every input whose text occurs more than once, by index.
  [[nodiscard]] std::span<const std::pair<std::uint32_t, std::uint32_t>> duplicates() const {
    return parts_.duplicates;
  }
  [[nodiscard]] std::uint32_t duplicate_groups() const { return parts_.duplicate_groups; }

  /// Publishes the record of one input, which is that of its equals too (dedupe). Called by `shard`'s thread only,
  /// once an index that is in a chain. True when home must hear of it: for the one call that takes the last position,
  /// and for the first after want_news().
  bool publish(std::size_t shard, const record& finished);
  /// Whoever looks at the log after this call and finds nothing new is sure that the next publish() tells. Any thread.
  void want_news() const {
    if (!news_wanted_.load()) news_wanted_.store(true);
  }

  /// The entry at `position`, or nullopt while it is not there yet. Any thread.
  [[nodiscard]] std::optional<log_entry> log(std::uint32_t position) const;
  /// Decodes the record of `index` into `into`, reusing its storage; false while there is none, or when
  /// it came at or after log position `before`. Any thread.
  bool read(std::uint32_t index, record& into, std::uint32_t before = no_index) const;

  /// Tells every shard to end what is left with `why`; the first reason stays. Any thread.
  void stop(errc why) {
    errc none = errc::none;
    stop_.compare_exchange_strong(none, why, std::memory_order_relaxed);
  }
  /// errc::none while it runs.
  [[nodiscard]] errc stopped() const { return stop_.load(std::memory_order_relaxed); }
  /// Nobody will read it any more: shards drop what is left without a record. Any thread.
  void forget() { forgotten_.store(true, std::memory_order_relaxed); }
  [[nodiscard]] bool forgotten() const { return forgotten_.load(std::memory_order_relaxed); }

  /// Resident bytes: inputs, queues and records so far. Any thread; a moment's value.
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct free_memory {
    void operator()(std::uint64_t* p) const { std::free(p); }  // NOLINT: calloc's zero pages cost nothing until used.
  };
  using words = std::unique_ptr<std::uint64_t[], free_memory>;
  struct alignas(64) shard_records {
    arena bytes;
    std::atomic<std::size_t> reserved{0};
  };
  static words zeroed(std::size_t count);
  [[nodiscard]] const shared_fetch* shared_with(std::uint32_t index) const;
  void hand_out(std::byte* encoded, std::uint32_t position, log_entry entry);

  const task_parts parts_;
  const std::chrono::system_clock::time_point created_at_ = std::chrono::system_clock::now();
  const time_point accepted_at_ = clock::now();
  words slots_;  // By index: address of the encoded record.
  words log_;    // By position: present bit, code, index.
  std::unique_ptr<shard_records[]> records_;
  alignas(64) std::atomic<std::uint32_t> published_{0};
  alignas(64) std::atomic<errc> stop_{errc::none};
  std::atomic<bool> forgotten_{false};
  mutable std::atomic<bool> news_wanted_{false};
};

}  // namespace trawl
