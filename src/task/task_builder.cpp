#include "task/task_builder.hpp"

#include <openssl/rand.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace trawl {
namespace {

// Keyed, so that nobody can choose host names that all fall on one shard or one bucket.
std::uint64_t hash_seed() {
  static const std::uint64_t seed = [] {
    std::uint64_t random = 0;
    RAND_bytes(reinterpret_cast<unsigned char*>(&random), sizeof random);
    return random;
  }();
  return seed;
}

std::uint64_t hash(std::string_view text) { return XXH3_64bits_withSeed(text.data(), text.size(), hash_seed()); }

// "http://host:8080" of "http://host:8080/path"; whatever stands there. Empty without a scheme of ours.
std::string_view written_origin(std::string_view text) {
  const std::size_t begin = text.starts_with("http://") ? 7 : text.starts_with("https://") ? 8 : 0;
  return begin == 0 ? std::string_view() : text.substr(0, text.find('/', begin));
}

}  // namespace

std::uint64_t host_hash(const url& where) {
  const std::uint16_t standard = where.is_https() ? 443 : 80;
  const std::uint64_t port = where.port() == standard ? 0 : where.port();
  return hash(where.hostname()) ^ (port * 0x9E3779B97F4A7C15);
}

task_builder::task_builder(std::size_t shards) : shards_(shards) {}

void task_builder::add_url(std::string_view text) {
  const std::uint32_t index = size();
  parts_.urls.add(text);
  parts_.next.push_back(no_index);
  note_duplicate(text, index);
  if (open_chain* const known = known_chain(text))
    append(*known, index);
  else if (parsed_.parse(text) == url_errc::ok)
    append(chain_of(parsed_), index);
  else
    append(invalid_, index);
}

void task_builder::add_input(std::string_view text, std::span<const input_extras::header> headers,
                             std::string_view meta) {
  if (!headers.empty() || !meta.empty()) parts_.extras.add(size(), headers, meta);
  add_url(text);
}

void task_builder::add_again(const task& of, std::uint32_t index) {
  parts_.extras.add_copy(size(), of.extras(), index);
  add_url(of.url(index));
}

std::size_t task_builder::bytes() const {
  return parts_.urls.bytes() + parts_.extras.bytes() + parts_.next.bytes() +
         std::size_t{size()} * 2 * sizeof(std::uint64_t) + chains_.size() * sizeof(open_chain);
}

void task_builder::append(open_chain& chain, std::uint32_t index) {
  if (chain.chain.count++ == 0)
    chain.chain.head = index;
  else
    parts_.next[chain.tail] = index;
  chain.tail = index;
}

void task_builder::note_duplicate(std::string_view text, std::uint32_t index) {
  const std::uint64_t key = hash(text);
  const auto [found, fresh] = first_by_text_[key % first_by_text_.size()].try_emplace(key, index);
  if (fresh || parts_.urls.text(found->second) != text) return;
  parts_.duplicates.emplace_back(index, found->second);
}

// Most URLs are written as they are serialized, up to their path. What is, letter for letter, the origin of one seen
// before can be parsed to nothing else, and no path makes a URL invalid: there is nothing left to find out.
task_builder::open_chain* task_builder::known_chain(std::string_view text) {
  if (text.size() > url_length_limit) return nullptr;
  const std::string_view origin = written_origin(text);
  if (origin.empty()) return nullptr;
  const auto found = chain_by_host_.find(hash(origin));
  return found == chain_by_host_.end() ? nullptr : &chains_[found->second];
}

task_builder::open_chain& task_builder::chain_of(const url& where) {
  const auto next = static_cast<std::uint32_t>(chains_.size());
  const auto [found, fresh] = chain_by_host_.try_emplace(hash(where.origin()), next);
  if (fresh) {
    chains_.emplace_back();
    chains_.back().shard = static_cast<std::uint32_t>(host_hash(where) % shards_);
  }
  return chains_[found->second];
}

namespace {

// Pairs (index, first index of its text) become (index, group number) in order of index, the first ones
// of each group included.
std::uint32_t number_groups(std::vector<std::pair<std::uint32_t, std::uint32_t>>& pairs) {
  std::sort(pairs.begin(), pairs.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  std::uint32_t groups = 0;
  const std::size_t repeats = pairs.size();
  for (std::size_t i = 0; i < repeats;) {
    const std::uint32_t first = pairs[i].second;
    for (; i < repeats && pairs[i].second == first; ++i) pairs[i].second = groups;
    pairs.emplace_back(first, groups++);
  }
  std::sort(pairs.begin(), pairs.end());
  return groups;
}

}  // namespace

// Repeats leave the chain of their host for that of the input they are fetched with.
void task_builder::share_equal() {
  equal_inputs equal(parts_.duplicates, parts_.extras, size());
  for (open_chain& each : chains_) take_out_repeats(each.chain, equal);
  take_out_repeats(invalid_.chain, equal);
  parts_.shared = equal.link(parts_.next);
}

void task_builder::take_out_repeats(host_chain& chain, const equal_inputs& equal) {
  std::uint32_t kept = no_index;
  for (std::uint32_t at = chain.head; at != no_index; at = parts_.next[at]) {
    if (equal.repeats_another(at)) {
      --chain.count;
      continue;
    }
    if (kept != no_index) parts_.next[kept] = at;  // The first of a chain repeats nothing.
    kept = at;
  }
  if (kept != no_index) parts_.next[kept] = no_index;
}

std::shared_ptr<task> task_builder::finish() {
  parts_.id = new_uuid();
  if (parts_.options.dedupe && !parts_.duplicates.empty()) share_equal();
  parts_.chains.resize(shards_);
  for (const open_chain& each : chains_) parts_.chains[each.shard].push_back(each.chain);
  parts_.invalid = invalid_.chain;
  parts_.duplicate_groups = number_groups(parts_.duplicates);
  return std::make_shared<task>(std::move(parts_));
}

std::string new_uuid() {
  std::array<unsigned char, 16> octets{};
  if (RAND_bytes(octets.data(), octets.size()) != 1) throw std::runtime_error("no randomness for a task id");
  octets[6] = static_cast<unsigned char>((octets[6] & 0x0F) | 0x40);
  octets[8] = static_cast<unsigned char>((octets[8] & 0x3F) | 0x80);
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < octets.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += "0123456789abcdef"[octets[i] >> 4];
    text += "0123456789abcdef"[octets[i] & 15];
  }
  return text;
}

}  // namespace trawl
