#include "api/http/accept.hpp"

#include <algorithm>
#include <charconv>

namespace trawl {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(first);
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

// Takes what stands before the next `separator` off `text`.
std::string_view take_until(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return trimmed(taken);
}

bool same(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

// 3: the type itself, 2: "text/*", 1: "*/*", 0: another.
int specificity(std::string_view range, std::string_view type) {
  if (same(range, type)) return 3;
  if (range == "*/*") return 1;
  const bool family =
      range.ends_with("/*") && same(range.substr(0, range.size() - 1), type.substr(0, range.size() - 1));
  return family ? 2 : 0;
}

double weight(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::string_view one = take_until(parameters, ';');
    if (!one.starts_with("q=") && !one.starts_with("Q=")) continue;
    double value = 0;
    std::from_chars(one.data() + 2, one.data() + one.size(), value);
    return std::clamp(value, 0.0, 1.0);
  }
  return 1;
}

}  // namespace

double quality(std::string_view accept, std::string_view type) {
  if (trimmed(accept).empty()) return 1;
  double wanted = 0;
  int best = 0;
  while (!accept.empty()) {
    std::string_view one = take_until(accept, ',');
    const std::string_view range = take_until(one, ';');
    const int fits = specificity(range, type);
    if (fits <= best) continue;
    best = fits;
    wanted = weight(one);
  }
  return wanted;
}

namespace {

// The weight of a coding in the list; `otherwise` when neither it nor * is there.
double coding_weight(std::string_view list, std::string_view coding, double otherwise) {
  double any = otherwise;
  while (!list.empty()) {
    std::string_view one = take_until(list, ',');
    const std::string_view named = take_until(one, ';');
    if (same(named, coding)) return weight(one);
    if (named == "*") any = weight(one);
  }
  return any;
}

}  // namespace

bool prefers_gzip(std::string_view accept_encoding) {
  const double gzip = coding_weight(accept_encoding, "gzip", coding_weight(accept_encoding, "x-gzip", 0));
  return gzip > 0 && gzip >= coding_weight(accept_encoding, "identity", 0);
}

}  // namespace trawl
