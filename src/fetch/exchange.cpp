#include "fetch/exchange.hpp"

#include <algorithm>
#include <cstring>

#include "fetch/redirect.hpp"

namespace trawl {
namespace {

std::int64_t us(clock::duration span) { return std::chrono::duration_cast<microseconds>(span).count(); }

/// What is read of the body of a redirect to keep its connection; a longer one costs more than a new dial.
constexpr std::uint64_t longest_read_past = 65536;

/// Octets as coded that a body of `limit` octets may have: what does not shrink grows, but by less than a 64th, and
/// some for headers and checksums.
std::uint64_t longest_coded(std::uint64_t limit) { return limit + limit / 64 + 65536; }

}  // namespace

void exchange::reset() {
  step_ = step::none;
  has_head_ = false;
  leads_on_ = coded_ = false;
  received_ = body_octets_ = 0;
  held_ = 0;
  decoder_.stop();
}

awaitable<result<void>> exchange::run(transport& over, http_method method, body_rules rules, timings& took) {
  reset();
  rules_ = rules;
  parser_.start(method == http_method::head);
  step_ = step::writing;
  sent_ = clock::now();  // Before: the answer may be there when the write resumes.
  auto sent = co_await over.write(request_);
  if (!sent) co_return broken(std::move(sent.error()));
  step_ = step::awaiting_head;
  co_return co_await read_response(over, took);
}

awaitable<result<void>> exchange::read_response(transport& over, timings& took) {
  if (!block_) block_ = blocks_.take_small();
  over_ = failure{};
  for (;;) {
    auto got = co_await over.read_some(block_.bytes.get() + held_, block_.size - held_);
    if (!got) co_return broken(std::move(got.error()));
    if (got.value() == 0) {
      at_eof(over);
      co_return outcome();
    }
    if (!parser_.any_byte()) {
      first_octet_ = clock::now();
      took.add(timing::ttfb, us(first_octet_ - sent_));
    }
    if (take_in(std::string_view(block_.bytes.get(), held_ + got.value()))) co_return outcome();
  }
}

void exchange::end(time_point now, timings& took) {
  if (has_head_) took.add(timing::transfer, us(now - first_octet_));
  step_ = step::none;
  held_ = 0;
  decoder_.stop();
  blocks_.give_back(std::move(block_));
}

// True when the response is over, in one way or another: over_ says which.
bool exchange::take_in(std::string_view input) {
  for (;;) {
    switch (parser_.next(input)) {
      case parse_event::need_more:
        keep(input);
        return false;
      case parse_event::head:
        if (take_in_head()) return true;
        break;
      case parse_event::body:
        if (take_in_body()) return true;
        break;
      case parse_event::done:
        held_ = input.size();
        at_end();
        return true;
      case parse_event::failed:
        return give_up({parser_.error(), where(), std::string(parser_.error_detail())});
    }
  }
}

bool exchange::take_in_head() {
  has_head_ = true;
  step_ = step::reading_body;
  leads_on_ = rules_.follows_redirects && is_redirect(head().status, head().location);
  coded_ = !leads_on_ && head().framing != body_framing::none && !head().content_encoding.empty();
  if (leads_on_) rules_.limit = std::min(rules_.limit, longest_read_past);
  if (head().framing != body_framing::length) return false;
  const std::uint64_t announced = head().content_length.value_or(0);
  const std::uint64_t most = coded_ ? longest_coded(rules_.limit) : rules_.limit;
  if (announced <= most) return false;
  return give_up(
      {errc::http_response_body_size, phase::transfer,
       std::to_string(announced) + " octets are announced; max_body_bytes is " + std::to_string(rules_.limit)});
}

bool exchange::take_in_body() {
  if (!coded_) return count(parser_.body().size());
  const bool first = received_ == 0;
  received_ += parser_.body().size();
  if (first && !decoder_.start(head().content_encoding)) return give_up(decoder_.why());
  if (received_ > longest_coded(rules_.limit))
    return give_up({errc::http_response_body_size, phase::transfer,
                    "the coded body alone is longer than max_body_bytes, " + std::to_string(rules_.limit)});
  return decoder_.is_decoding() ? decode(parser_.body()) : count(parser_.body().size());
}

bool exchange::count(std::size_t octets) {
  body_octets_ += octets;
  if (body_octets_ <= rules_.limit) return false;
  body_octets_ = rules_.limit;
  return give_up({errc::http_response_body_size, phase::transfer,
                  "the body is longer than max_body_bytes, " + std::to_string(rules_.limit)});
}

bool exchange::decode(std::string_view coded) {
  for (;;) {
    switch (decoder_.next(coded)) {
      case parse_event::body:
        if (count(decoder_.piece().size())) return true;
        break;
      case parse_event::failed:
        return give_up(decoder_.why());
      default:
        return false;
    }
  }
}

// The body is there as far as its framing goes. An empty one is of every coding.
void exchange::at_end() {
  if (decoder_.is_decoding() && !decoder_.at_end()) give_up(decoder_.why());
}

// Ends the response before its time, and so the connection. Always true.
bool exchange::give_up(failure why) {
  why.where = where();
  if (!leads_on_) over_ = std::move(why);
  return true;
}

// What the parser has not used yet goes to the front of the block, and a block that was filled is
// exchanged for a larger one.
void exchange::keep(std::string_view left) {
  const bool was_full = left.data() + left.size() == block_.bytes.get() + block_.size;
  held_ = left.size();
  if (was_full && block_.size == block_pool::small_bytes) {
    block_pool::block larger = blocks_.take_large();
    std::memcpy(larger.bytes.get(), left.data(), left.size());
    blocks_.give_back(std::exchange(block_, std::move(larger)));
  } else if (!left.empty()) {
    std::memmove(block_.bytes.get(), left.data(), left.size());
  }
}

void exchange::at_eof(const transport& over) {
  if (parser_.closes_at_eof() && over.truncated())
    give_up({errc::http_response_incomplete, where(), "the connection was cut without TLS close_notify"});
  else if (parser_.at_eof() != parse_event::done)
    give_up({parser_.error(), where(), std::string(parser_.error_detail())});
  else
    at_end();
}

// What reading or writing reported, told as what it means for this response.
result<void> exchange::broken(failure io) const {
  if (leads_on_ && io.code != errc::none) return {};
  if (io.where == phase::none) io.where = where();
  if (io.code == errc::connection_terminated && parser_.any_byte()) io.code = errc::http_response_incomplete;
  return io;
}

}  // namespace trawl
