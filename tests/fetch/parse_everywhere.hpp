// Parses the same octets whole, cut in two at every place, and one by one, and insists that all agree: where a
// network cuts must never matter.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "fetch/response_parser.hpp"

namespace trawl::test {

enum class then : bool { nothing, close };

struct parsed {
  parse_event end = parse_event::need_more;  ///< The last event.
  errc error = errc::none;
  std::string detail;
  bool headed = false;  ///< There was a head event; the next ones are copied at it.
  int status = 0;
  int minor = -1;
  body_framing framing = body_framing::none;
  long long length = -1;
  bool keep_alive = false;
  bool location_conflicts = false;
  std::string content_type, location, retry_after, content_encoding, proxy_authenticate;
  std::string body;
  bool reusable = false;
  std::string left_over;  ///< What the parser did not take, when it was done.
};

/// Feeds pieces as a connection does: what the parser leaves is presented again.
class feeder {
 public:
  explicit feeder(asked method) {
    method == asked::connect ? parser_.start_connect() : parser_.start(method == asked::head);
  }
  void feed(std::string_view more) {
    if (ended()) {
      buffer_ += more;
      return;
    }
    buffer_ += more;
    std::string_view input = buffer_;
    do result_.end = step(input);
    while (!ended() && result_.end != parse_event::need_more);
    buffer_.erase(0, buffer_.size() - input.size());
  }
  parsed finish(then close) {
    if (close == then::close && !ended()) result_.end = parser_.at_eof();
    result_.error = parser_.error();
    result_.detail = parser_.error_detail();
    result_.reusable = parser_.reusable();
    if (result_.end == parse_event::done) result_.left_over = buffer_;
    return result_;
  }

 private:
  [[nodiscard]] bool ended() const { return result_.end == parse_event::done || result_.end == parse_event::failed; }
  parse_event step(std::string_view& input) {
    const parse_event event = parser_.next(input);
    if (event == parse_event::head) copy_head(parser_.head());
    if (event == parse_event::body) {
      CHECK_FALSE(parser_.body().empty());
      result_.body += parser_.body();
    }
    return event;
  }
  void copy_head(const response_head& head) {
    CHECK_FALSE(result_.headed);
    result_.headed = true;
    result_.status = head.status;
    result_.minor = head.http_minor;
    result_.framing = head.framing;
    result_.length = head.content_length ? static_cast<long long>(*head.content_length) : -1;
    result_.keep_alive = head.keep_alive;
    result_.location_conflicts = head.location_conflicts;
    result_.content_type = head.content_type;
    result_.location = head.location;
    result_.retry_after = head.retry_after;
    result_.content_encoding = head.content_encoding;
    result_.proxy_authenticate = head.proxy_authenticate;
  }
  response_parser parser_;
  std::string buffer_;
  parsed result_;
};

inline parsed parse_pieces(const std::vector<std::string_view>& pieces, then close, asked method) {
  feeder to(method);
  for (const auto piece : pieces) to.feed(piece);
  return to.finish(close);
}

inline void check_same(const parsed& a, const parsed& b) {
  CHECK(a.end == b.end);
  CHECK(a.error == b.error);
  CHECK(a.headed == b.headed);
  CHECK(a.status == b.status);
  CHECK(a.minor == b.minor);
  CHECK(a.framing == b.framing);
  CHECK(a.length == b.length);
  CHECK(a.keep_alive == b.keep_alive);
  CHECK(a.location_conflicts == b.location_conflicts);
  CHECK(a.content_type == b.content_type);
  CHECK(a.location == b.location);
  CHECK(a.retry_after == b.retry_after);
  CHECK(a.content_encoding == b.content_encoding);
  CHECK(a.proxy_authenticate == b.proxy_authenticate);
  CHECK(a.body == b.body);
  CHECK(a.reusable == b.reusable);
  CHECK(a.left_over == b.left_over);
}

/// Parses `octets` in every way of cutting them; returns what the whole gave.
inline parsed parse_everywhere(std::string_view octets, then close = then::nothing, asked method = asked::get) {
  CAPTURE(octets);
  const parsed whole = parse_pieces({octets}, close, method);
  for (std::size_t cut = 0; cut <= octets.size(); ++cut) {
    CAPTURE(cut);
    check_same(parse_pieces({octets.substr(0, cut), octets.substr(cut)}, close, method), whole);
  }
  std::vector<std::string_view> singles;
  for (std::size_t i = 0; i < octets.size(); ++i) singles.push_back(octets.substr(i, 1));
  check_same(parse_pieces(singles, close, method), whole);
  return whole;
}

/// The head of a 200 with these lines (each ended by CRLF) and the empty one.
inline std::string head_with(std::string_view lines) { return "HTTP/1.1 200 OK\r\n" + std::string(lines) + "\r\n"; }

}  // namespace trawl::test
