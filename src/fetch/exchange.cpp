#include "fetch/exchange.hpp"

#include <cstring>

namespace trawl {
namespace {

std::int64_t us(clock::duration span) { return std::chrono::duration_cast<microseconds>(span).count(); }

}  // namespace

void exchange::reset() {
  step_ = step::none;
  has_head_ = false;
  body_octets_ = 0;
  held_ = 0;
}

awaitable<result<void>> exchange::run(transport& over, http_method method, std::uint64_t body_limit, timings& took) {
  reset();
  body_limit_ = body_limit;
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
        return true;
      case parse_event::failed:
        over_ = {parser_.error(), where(), std::string(parser_.error_detail())};
        return true;
    }
  }
}

bool exchange::take_in_head() {
  has_head_ = true;
  step_ = step::reading_body;
  if (head().framing != body_framing::length || head().content_length.value_or(0) <= body_limit_) return false;
  over_ = {errc::http_response_body_size, phase::transfer,
           std::to_string(*head().content_length) + " octets are announced; max_body_bytes is " +
               std::to_string(body_limit_)};
  return true;
}

bool exchange::take_in_body() {
  body_octets_ += parser_.body().size();
  if (body_octets_ <= body_limit_) return false;
  body_octets_ = body_limit_;
  over_ = {errc::http_response_body_size, phase::transfer,
           "the body is longer than max_body_bytes, " + std::to_string(body_limit_)};
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
    over_ = {errc::http_response_incomplete, where(), "the connection was cut without TLS close_notify"};
  else if (parser_.at_eof() != parse_event::done)
    over_ = {parser_.error(), where(), std::string(parser_.error_detail())};
}

// What reading or writing reported, told as what it means for this response.
result<void> exchange::broken(failure io) const {
  if (io.where == phase::none) io.where = where();
  if (io.code == errc::connection_terminated && parser_.any_byte()) io.code = errc::http_response_incomplete;
  return io;
}

}  // namespace trawl
