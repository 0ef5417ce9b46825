#include "url/percent.hpp"

#include "base/text.hpp"

namespace trawl {

void percent_encode(std::string_view text, encode_set set, std::string& out) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  const char* run = text.data();
  const char* const end = run + text.size();
  for (const char* p = run; p != end; ++p) {
    if (!must_encode(*p, set)) continue;
    out.append(run, p);
    const auto byte = static_cast<unsigned char>(*p);
    out.append({'%', hex[byte >> 4], hex[byte & 15]});
    run = p + 1;
  }
  out.append(run, end);
}

void percent_decode(std::string_view text, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && is_hex_digit(text[i + 1]) && is_hex_digit(text[i + 2])) {
      out += static_cast<char>(hex_value(text[i + 1]) << 4 | hex_value(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
}

}  // namespace trawl
