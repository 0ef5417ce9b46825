#include "api/http/query.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace trawl {
namespace {

bool unreserved(char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~'; }

bool is_escape(std::string_view text) {
  return text.size() > 2 && text[0] == '%' && is_hex_digit(text[1]) && is_hex_digit(text[2]);
}

}  // namespace

std::string percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_escape(text.substr(i))) {
      out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (unreserved(c)) {
      out += c;
      continue;
    }
    out += '%';
    out += "0123456789ABCDEF"[static_cast<unsigned char>(c) >> 4];
    out += "0123456789ABCDEF"[c & 15];
  }
  return out;
}

query::query(std::string_view text) {
  while (!text.empty()) {
    const std::string_view one = take_until(text, '&');
    if (one.empty()) continue;
    const std::size_t equals = std::min(one.find('='), one.size());
    const std::string_view value = equals < one.size() ? one.substr(equals + 1) : std::string_view();
    pairs_.emplace_back(percent_decode(one.substr(0, equals), true), percent_decode(value, true));
  }
}

std::optional<std::string_view> query::find(std::string_view name) const {
  const auto found = std::find_if(pairs_.begin(), pairs_.end(), [&](const pair& each) { return each.first == name; });
  if (found == pairs_.end()) return std::nullopt;
  return found->second;
}

std::optional<std::string_view> query::unknown(std::span<const std::string_view> known) const {
  for (const pair& each : pairs_)
    if (std::find(known.begin(), known.end(), each.first) == known.end()) return each.first;
  return std::nullopt;
}

std::optional<std::string_view> query::repeated(std::string_view repeatable) const {
  for (auto each = pairs_.begin(); each != pairs_.end(); ++each) {
    const auto same = [&](const pair& earlier) { return earlier.first == each->first; };
    if (each->first != repeatable && std::any_of(pairs_.begin(), each, same)) return each->first;
  }
  return std::nullopt;
}

}  // namespace trawl
