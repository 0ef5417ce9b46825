#include "fetch/chunked_decoder.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "fetch/field_text.hpp"

namespace trawl {
namespace {

/// More digits than longest_body has, even as zeros, are refused: curl's limit too.
constexpr std::size_t digit_limit = 16;

parse_event refuse(failure& fault, std::string_view words, std::string_view shown) {
  fault.code = errc::http_response_transfer_coding;
  fault.detail = words;
  fault.detail += ' ';
  append_quoted(fault.detail, shown);
  return parse_event::failed;
}

/// The size is hex digits and nothing else: no sign, no 0x, no space before.
bool take_size(std::string_view& line, std::uint64_t& size) {
  const auto [stop, problem] = std::from_chars(line.data(), line.data() + line.size(), size, 16);
  const auto digits = static_cast<std::size_t>(stop - line.data());
  if (problem != std::errc{} || digits > digit_limit || size > longest_body) return false;
  line.remove_prefix(digits);
  return true;
}

/// A chunk-size line that has not ended yet. What can become no size fails now, not at the timeout.
parse_event wait_for_size(std::string_view input, failure& fault) {
  std::string_view rest = input;
  std::uint64_t size = 0;
  if (!input.empty() && !take_size(rest, size)) return refuse(fault, "malformed chunk size", input);
  if (rest.size() <= chunked_decoder::extension_limit + 1) return parse_event::need_more;
  return refuse(fault, "chunk-size line too long:", input);
}

}  // namespace

void chunked_decoder::start() {
  state_ = state::size;
  left_ = overhead_ = 0;
  lines_.reset();
  trailer_budget_.start();
}

parse_event chunked_decoder::next(std::string_view& input, std::string_view& piece, failure& fault) {
  for (;;) {
    const state before = state_;
    parse_event event = parse_event::done;
    switch (state_) {
      case state::size:
        event = read_size(input, fault);
        break;
      case state::data:
        event = read_data(input, piece);
        break;
      case state::data_end:
        event = read_data_end(input, fault);
        break;
      case state::trailers:
        event = read_trailers(input, fault);
        break;
      case state::done:
        return parse_event::done;
    }
    if (event != parse_event::need_more || state_ == before) return event;
  }
}

parse_event chunked_decoder::read_size(std::string_view& input, failure& fault) {
  std::string_view line;
  switch (lines_.take(input, line)) {
    case line_event::partial:
      return wait_for_size(input, fault);
    case line_event::nul:
      return refuse(fault, "NUL in the chunk-size line", line);
    case line_event::bare_cr:
      return refuse(fault, "bare CR in the chunk-size line", line);
    case line_event::line:
      break;
  }
  return size_line(line, fault) ? parse_event::need_more : parse_event::failed;
}

bool chunked_decoder::size_line(std::string_view line, failure& fault) {
  std::string_view rest = line;
  if (!take_size(rest, left_)) return refuse(fault, "malformed chunk size", line), false;
  if (rest.size() > extension_limit) return refuse(fault, "chunk extension over 4096 octets:", rest), false;
  const auto extension = trim_ows(rest);
  if (!extension.empty() && extension.front() != ';') return refuse(fault, "malformed chunk size", line), false;
  const std::uint64_t fair = 16 + 2 * std::min<std::uint64_t>(left_, overhead_limit);
  overhead_ = std::max(overhead_ + line.size(), fair) - fair;
  if (overhead_ > overhead_limit) return refuse(fault, "chunks of little but extensions, the last with", rest), false;
  state_ = left_ == 0 ? state::trailers : state::data;
  return true;
}

parse_event chunked_decoder::read_data(std::string_view& input, std::string_view& piece) {
  if (input.empty()) return parse_event::need_more;
  piece = input.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size())));
  input.remove_prefix(piece.size());
  left_ -= piece.size();
  if (left_ == 0) state_ = state::data_end;
  return parse_event::body;
}

parse_event chunked_decoder::read_data_end(std::string_view& input, failure& fault) {
  if (input.empty() || input == "\r") return parse_event::need_more;
  if (input.front() != '\n' && !input.starts_with("\r\n"))
    return refuse(fault, "chunk not followed by a line end but by", input);
  input.remove_prefix(input.front() == '\n' ? 1 : 2);
  state_ = state::size;
  return parse_event::need_more;
}

parse_event chunked_decoder::read_trailers(std::string_view& input, failure& fault) {
  for (std::string_view line;;) {
    const std::size_t before = input.size();
    switch (lines_.take(input, line)) {
      case line_event::partial:
        return trailer_budget_.can_grow(before, fault) ? parse_event::need_more : parse_event::failed;
      case line_event::nul:
        return refuse(fault, "NUL in a trailer", line);
      case line_event::bare_cr:
        return refuse(fault, "bare CR in a trailer", line);
      case line_event::line:
        break;
    }
    if (!trailer_budget_.spend_octets(before - input.size(), fault)) return parse_event::failed;
    if (line.empty()) break;
    if (!trailer_budget_.spend_field(fault)) return parse_event::failed;
  }
  state_ = state::done;
  return parse_event::done;
}

}  // namespace trawl
