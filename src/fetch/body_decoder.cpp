#include "fetch/body_decoder.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "fetch/field_text.hpp"

namespace trawl {
namespace {

std::optional<content_coding> coding_named(std::string_view name) {
  if (equals_ignoring_case(name, "x-gzip")) return content_coding::gzip;  // RFC 9110 8.4.1.3
  for (std::size_t i = 0; i < content_coding_count; ++i)
    if (const auto which = static_cast<content_coding>(i); equals_ignoring_case(name, coding_name(which))) return which;
  return std::nullopt;
}

bool says_nothing(std::string_view name) {
  return name.empty() || equals_ignoring_case(name, "identity") || equals_ignoring_case(name, "none");
}

std::string quoted(std::string_view foreign) {
  std::string words;
  append_quoted(words, foreign);
  return words;
}

}  // namespace

bool body_decoder::start(std::string_view content_encoding) {
  stop();
  const bool known = all_members(content_encoding, [&](std::string_view name) {
    if (says_nothing(name)) return true;
    const auto which = coding_named(name);
    if (!which) return refuse(errc::http_response_content_coding, "unknown content coding", quoted(name));
    if (layers_.size() == decoder_pool::layer_limit)
      return refuse(errc::http_response_content_coding, "more than 5 content codings", quoted(content_encoding));
    layers_.push_back({*which, pool_.take(*which)});
    return true;
  });
  if (!known) stop();
  std::ranges::reverse(layers_);
  return known;
}

parse_event body_decoder::next(std::string_view& coded) {
  const bool good = pull(layers_.size() - 1, coded, piece_);
  if (!good) piece_ = {};
  if (!good) return parse_event::failed;
  return piece_.empty() ? parse_event::need_more : parse_event::body;
}

// What layer `depth` makes next; empty: nothing without more input. What is in the room of a layer is used up by the
// one above it before that room is written to again.
bool body_decoder::pull(std::size_t depth, std::string_view& coded, std::string_view& piece) {
  layer& at = layers_[depth];
  for (;;) {
    const auto room = pool_.room(depth);
    std::size_t made = 0;
    const auto how = at.decoder->decode(at.pending, room, made);
    if (!judge(at, how, made)) return false;
    piece = {room.data(), made};
    if (made != 0) return true;
    if (!at.pending.empty()) continue;
    if (!refill(depth, coded)) return false;
    if (at.pending.empty()) return true;
  }
}

bool body_decoder::refill(std::size_t depth, std::string_view& coded) {
  if (depth > 0) return pull(depth - 1, coded, layers_[depth].pending);
  received_ += coded.size();
  layers_[0].pending = std::exchange(coded, {});
  return true;
}

bool body_decoder::judge(layer& at, content_decoder::outcome how, std::size_t made) {
  const auto name = coding_name(at.which);
  at.made += made;
  if (how == content_decoder::outcome::broken)
    return refuse(errc::http_response_content_coding, name, at.decoder->problem());
  if (how == content_decoder::outcome::no_memory) return refuse(errc::out_of_resources, name, "no memory to decode it");
  const std::uint64_t used = received_ - layers_[0].pending.size();  // Not all that came: that depends on the network.
  if (at.made > free_growth + growth_limit * used)
    return refuse(errc::http_response_body_size, name, "decodes to more than 100 times its size and 1 MiB");
  return account(at);
}

bool body_decoder::account(layer& at) {
  const std::size_t before = std::exchange(at.memory, at.decoder->memory());
  const bool fits_all = pool_.account(before, at.memory);
  std::size_t together = 0;
  for (const layer& each : layers_) together += each.memory;
  if (together > decoder_pool::body_memory_limit)
    return refuse(errc::http_response_content_coding, coding_name(at.which), "needs over 24 MiB of memory to decode");
  return fits_all || refuse(errc::out_of_resources, coding_name(at.which), "no memory to decode it: too many at once");
}

bool body_decoder::at_end() {
  for (const layer& each : layers_)
    if (!each.decoder->complete())
      return refuse(errc::http_response_content_coding, coding_name(each.which), "the body ends inside the stream");
  return true;
}

void body_decoder::stop() {
  for (layer& each : layers_) {
    (void)pool_.account(each.memory, 0);
    pool_.give_back(each.which, std::move(each.decoder));
  }
  layers_.clear();
  received_ = 0;
}

bool body_decoder::refuse(errc code, std::string_view subject, std::string_view words) {
  why_.code = code;
  why_.detail = subject;
  why_.detail.append(": ").append(words);
  return false;
}

}  // namespace trawl
