// Takes the URLs of a submission one by one, as its body arrives, straight into the shape a task runs
// from: its host is found, by parsing where need be, it is chained to the others of that host, and looked up for an
// equal one. About 0.15 us a URL; what is only needed while building is freed with the builder.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "task/task.hpp"
#include "url/url.hpp"

namespace trawl {

/// The shard that owns a URL's host, before the modulo. http and https of one name on their default
/// ports are neighbours: a redirect between them stays on its loop and shares the DNS answer.
[[nodiscard]] std::uint64_t host_hash(const url& where);

class task_builder {
 public:
  /// `shards`: how many the task is divided over.
  explicit task_builder(std::size_t shards);

  /// Appends one input. Never fails: what is no URL we fetch becomes a record of its own later.
  void add_url(std::string_view text);
  /// The same with header fields of its own, which passed base/header_rules, and `meta`, compact JSON or empty.
  void add_input(std::string_view text, std::span<const input_extras::header> headers, std::string_view meta);
  /// The same input as one of another task, with all it brought along.
  void add_again(const task& of, std::uint32_t index);
  [[nodiscard]] std::uint32_t size() const { return parts_.urls.size(); }
  /// Bytes the task would hold if it were finished now.
  [[nodiscard]] std::size_t bytes() const;
  [[nodiscard]] task_options& options() { return parts_.options; }
  /// The submission came through a proxy: see task::through_proxy().
  void set_through_proxy(bool it_did) { parts_.through_proxy = it_did; }
  /// Whose task it is: see task::owner().
  void set_owner(std::string caller) { parts_.owner = std::move(caller); }
  /// What its requests carry, when they are POST.
  void set_body(std::string body) { parts_.body = std::move(body); }
  /// The task, under a new random id. The builder is spent.
  [[nodiscard]] std::shared_ptr<task> finish();

 private:
  struct open_chain {
    host_chain chain;
    std::uint32_t tail = no_index;
    std::uint32_t shard = 0;
  };
  void append(open_chain& chain, std::uint32_t index);
  void note_duplicate(std::string_view text, std::uint32_t index);
  open_chain* known_chain(std::string_view text);
  open_chain& chain_of(const url& where);
  void share_equal();
  void take_out_repeats(host_chain& chain, const equal_inputs& equal);

  std::size_t shards_;
  task_parts parts_;
  url parsed_;
  open_chain invalid_;
  std::vector<open_chain> chains_;
  boost::unordered_flat_map<std::uint64_t, std::uint32_t> chain_by_host_;  // By hash of the origin.
  // In many small maps, so that none of them holds the loop up for long when it grows.
  std::array<boost::unordered_flat_map<std::uint64_t, std::uint32_t>, 64> first_by_text_;
};

/// 122 random bits in the form of RFC 9562 4, version 4.
[[nodiscard]] std::string new_uuid();

}  // namespace trawl
