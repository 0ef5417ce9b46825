// Our own HTTP/1.x response parser (RFC 9112), without I/O: the owner feeds octets and pulls events. Lines are
// consumed one by one, so a block may end anywhere and the head need never lie in one piece.
// Lenient where browsers and curl are (reason phrases, LF line ends, folds, odd header lines), strict where
// leniency is dangerous (lengths, codings, chunk sizes, NUL, bare CR). HTTP/0.9 is refused.
// Cost: about 285 ns for a head of 385 octets and 11 fields with its body (bench/parser_bench on an idle core of a
// 2-core Xeon, g++ 12.2 -O3), no allocation once its strings have grown. Belongs to one connection. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fetch/chunked_decoder.hpp"
#include "fetch/line_reader.hpp"
#include "fetch/parse_event.hpp"
#include "fetch/response_head.hpp"
#include "fetch/section_budget.hpp"
#include "outcome/failure.hpp"

namespace trawl {

class response_parser {
 public:
  /// Interim (1xx) responses before the final one: a 103 for every hint, or a 102 a second while the server works.
  static constexpr int interim_limit = 100;

  response_parser() = default;
  response_parser(const response_parser&) = delete;  // The views of head() look into it.
  response_parser& operator=(const response_parser&) = delete;

  /// For the next response of a connection. Keeps its storage; needed before the first next(), too.
  void start(bool head_request) { start_for(head_request ? asked::head : asked::get); }
  /// The response to a CONNECT: a 2xx has no body, what follows is the tunnel's (RFC 9110 9.3.6).
  void start_connect() { start_for(asked::connect); }

  /// Removes from the front of `input` what it used, and says what that was. After need_more, what is left of
  /// `input` (always less than 64 KiB, nothing during a body) must be presented again in front of the next octets.
  /// After done and failed it stays done or failed, and consumes nothing.
  [[nodiscard]] parse_event next(std::string_view& input);
  /// The peer has closed: done when the body ends that way, failed when something is missing.
  /// A TLS peer that closed without close_notify has not ended a body (see closes_at_eof()).
  [[nodiscard]] parse_event at_eof();

  /// After `body`: the piece, never empty, chunking taken off. A view into the input of that call.
  [[nodiscard]] std::string_view body() const { return piece_; }
  /// After `head`, until the next start().
  [[nodiscard]] const response_head& head() const { return head_.head(); }
  /// After `failed`: http_protocol_error, http_response_incomplete, http_response_header_section_size or
  /// http_response_transfer_coding; connection_terminated when the peer closed before the first octet.
  [[nodiscard]] errc error() const { return fault_.code; }
  /// One line for a person: names the limit, or shows the octets, escaped.
  [[nodiscard]] std::string_view error_detail() const { return fault_.detail; }
  /// After `done`: the connection may carry another request, if nothing is left of the input.
  [[nodiscard]] bool reusable() const { return state_ == state::done && head().keep_alive; }
  /// Whether anything has come since start().
  [[nodiscard]] bool any_byte() const { return any_byte_; }
  /// After `failed`: what came first begins no response. On a kept connection it belongs to the one before.
  [[nodiscard]] bool no_response() const { return no_response_; }
  /// The head is complete and only the peer's close ends the body: over TLS it must then be a close_notify.
  [[nodiscard]] bool closes_at_eof() const { return state_ == state::body_until_close; }

 private:
  enum class state : std::uint8_t { status_line, fields, body_by_length, body_chunked, body_until_close, done, failed };
  void start_for(asked method);
  void start_head();
  [[nodiscard]] parse_event read_head(std::string_view& input);
  [[nodiscard]] bool take_line(line_event event, std::string_view line);
  [[nodiscard]] bool end_of_head();
  [[nodiscard]] bool end_of_interim();
  [[nodiscard]] parse_event read_body(std::string_view& input);
  [[nodiscard]] parse_event read_chunked(std::string_view& input);
  [[nodiscard]] bool refuse(errc code, std::string_view words, std::string_view shown);
  parse_event fail();

  state state_ = state::failed;
  asked method_ = asked::get;
  bool any_byte_ = false;
  bool no_response_ = false;
  int interim_count_ = 0;
  std::uint64_t received_ = 0;  ///< Octets of the body, chunking taken off.
  std::string_view piece_;
  line_reader lines_;
  section_budget budget_;
  head_reader head_;
  chunked_decoder chunked_;
  failure fault_;
};

}  // namespace trawl
