#include "fetch/response_parser.hpp"

#include <algorithm>
#include <string>

#include "fetch/field_text.hpp"

namespace trawl {

void response_parser::start_for(asked method) {
  method_ = method;
  any_byte_ = no_response_ = false;
  interim_count_ = 0;
  received_ = 0;
  piece_ = {};
  fault_.code = errc::none;
  fault_.detail.clear();
  start_head();
}

void response_parser::start_head() {
  state_ = state::status_line;
  lines_.reset();
  budget_.start();
  head_.start();
}

parse_event response_parser::next(std::string_view& input) {
  any_byte_ |= !input.empty();
  switch (state_) {
    case state::status_line:
    case state::fields:
      return read_head(input);
    case state::body_by_length:
    case state::body_until_close:
      return read_body(input);
    case state::body_chunked:
      return read_chunked(input);
    case state::done:
      return parse_event::done;
    case state::failed:
      break;
  }
  return parse_event::failed;
}

parse_event response_parser::read_head(std::string_view& input) {
  for (std::string_view line;;) {
    if (state_ == state::status_line && !head_reader::may_begin(input)) {
      no_response_ = interim_count_ == 0;
      const bool alert = input.starts_with("\x15\x03") || input == "\x15";  // RFC 8446 5.1
      (void)refuse(errc::http_protocol_error,
                   alert ? "a TLS alert in place of HTTP, so this port speaks TLS; it begins"
                         : "no HTTP/1 status line (HTTP/0.9 is not accepted); it begins",
                   input);
      return fail();
    }
    const std::size_t before = input.size();
    const line_event event = lines_.take(input, line);
    if (event == line_event::partial) return budget_.can_grow(before, fault_) ? parse_event::need_more : fail();
    if (!budget_.spend_octets(before - input.size(), fault_) || !take_line(event, line)) return fail();
    if (state_ > state::fields) return parse_event::head;
  }
}

bool response_parser::take_line(line_event event, std::string_view line) {
  if (event == line_event::nul) return refuse(errc::http_protocol_error, "NUL in the response head:", line);
  if (event == line_event::bare_cr) return refuse(errc::http_protocol_error, "bare CR in the response head:", line);
  if (state_ == state::status_line) {
    state_ = state::fields;
    return head_.status_line(line, fault_);
  }
  if (line.empty()) return end_of_head();
  return budget_.spend_field(fault_) && head_.field_line(line, fault_);
}

bool response_parser::end_of_head() {
  if (!head_.finish(method_, fault_)) return false;
  if (head().status < 200) return end_of_interim();
  switch (head().framing) {
    case body_framing::none:
      state_ = state::done;
      break;
    case body_framing::length:
      state_ = *head().content_length == 0 ? state::done : state::body_by_length;
      break;
    case body_framing::chunked:
      chunked_.start();
      state_ = state::body_chunked;
      break;
    case body_framing::until_close:
      state_ = state::body_until_close;
      break;
  }
  return true;
}

bool response_parser::end_of_interim() {
  if (head().status == 101) return refuse(errc::http_protocol_error, "switched protocols unasked:", "101");
  if (++interim_count_ > interim_limit)
    return refuse(errc::http_protocol_error, "more than 100 interim responses; the last is",
                  std::to_string(head().status));
  start_head();
  return true;
}

parse_event response_parser::read_body(std::string_view& input) {
  if (input.empty()) return parse_event::need_more;
  std::uint64_t take = input.size();
  if (state_ == state::body_by_length) take = std::min(take, *head().content_length - received_);
  piece_ = input.substr(0, static_cast<std::size_t>(take));
  input.remove_prefix(piece_.size());
  received_ += piece_.size();
  if (state_ == state::body_by_length && received_ == *head().content_length) state_ = state::done;
  return parse_event::body;
}

parse_event response_parser::read_chunked(std::string_view& input) {
  const parse_event event = chunked_.next(input, piece_, fault_);
  if (event == parse_event::failed) return fail();
  if (event == parse_event::body) received_ += piece_.size();
  if (event == parse_event::done) state_ = state::done;
  return event;
}

parse_event response_parser::at_eof() {
  const std::string so_far = std::to_string(received_);
  switch (state_) {
    case state::done:
      return parse_event::done;
    case state::failed:
      return parse_event::failed;
    case state::body_until_close:
      state_ = state::done;
      return parse_event::done;
    case state::body_by_length:
      fault_.detail =
          "connection closed after " + so_far + " of " + std::to_string(*head().content_length) + " octets of the body";
      break;
    case state::body_chunked:
      fault_.detail = "connection closed inside a chunked body, after " + so_far + " octets";
      break;
    case state::status_line:
    case state::fields:
      fault_.detail = any_byte_ ? "connection closed inside the response head" : "connection closed without a response";
      break;
  }
  fault_.code = any_byte_ ? errc::http_response_incomplete : errc::connection_terminated;
  return fail();
}

bool response_parser::refuse(errc code, std::string_view words, std::string_view shown) {
  fault_.code = code;
  fault_.detail = words;
  fault_.detail += ' ';
  append_quoted(fault_.detail, shown);
  return false;
}

parse_event response_parser::fail() {
  state_ = state::failed;
  return parse_event::failed;
}

}  // namespace trawl
