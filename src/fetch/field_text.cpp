#include "fetch/field_text.hpp"

#include <charconv>
#include <system_error>

namespace trawl {
namespace {

void append_escaped(std::string& out, unsigned char byte) {
  static constexpr char hex[] = "0123456789abcdef";
  switch (byte) {
    case '\r':
      out += "\\r";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\t':
      out += "\\t";
      return;
    case '"':
    case '\\':
      out += '\\';
      break;
    default:
      if (byte >= 0x20 && byte < 0x7f) break;
      out.append({'\\', 'x', hex[byte >> 4], hex[byte & 15]});
      return;
  }
  out += static_cast<char>(byte);
}

}  // namespace

std::optional<std::uint64_t> decimal_length(std::string_view digits) {
  std::uint64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, problem] = std::from_chars(digits.data(), end, value);
  if (problem != std::errc{} || stop != end || value > longest_body) return std::nullopt;
  return value;
}

void append_quoted(std::string& out, std::string_view bytes, std::size_t most) {
  out += '"';
  for (const char byte : bytes.substr(0, most)) append_escaped(out, static_cast<unsigned char>(byte));
  out += bytes.size() > most ? "...\"" : "\"";
}

}  // namespace trawl
