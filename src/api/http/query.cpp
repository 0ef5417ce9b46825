#include "api/http/query.hpp"

#include <algorithm>

namespace trawl {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool unreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

}  // namespace

std::string percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low >= 0) {
      out += static_cast<char>(high * 16 + low);
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
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view one = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
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
