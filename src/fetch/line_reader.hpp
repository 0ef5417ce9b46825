// Cuts lines out of what a server sent, as the head, the chunk sizes and the trailers of a response need them.
// It remembers how far it has searched, so a server that sends one byte at a time costs linear work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace trawl {

enum class line_event : std::uint8_t {
  line,     ///< A line was taken.
  partial,  ///< Its end has not come; input is untouched and must be presented again with more behind it.
  nul,      ///< A NUL: invalid and dangerous (RFC 9110 5.5).
  bare_cr,  ///< A CR that ends no line (RFC 9112 2.2).
};

class line_reader {
 public:
  /// For another connection or message: forgets what was searched.
  void reset() { searched_ = 0; }
  /// Takes one line off the front of `input`; `line` is it without its CRLF or LF (RFC 9112 2.2 lets LF end it).
  /// For nul and bare_cr `line` is what came up to there, for the message, and input is untouched.
  [[nodiscard]] line_event take(std::string_view& input, std::string_view& line);

 private:
  line_event end_line(std::string_view& input, std::string_view& line, std::size_t end_size);
  line_event spoil(std::string_view& input, std::string_view& line, line_event why);

  std::size_t searched_ = 0;  ///< Octets at the front of input known to hold no line end.
};

}  // namespace trawl
