#include "api/http/accept.hpp"

#include <algorithm>
#include <charconv>

#include "api/http/field_list.hpp"
#include "base/text.hpp"

namespace trawl {
namespace {

// 3: the type itself, 2: "text/*", 1: "*/*", 0: another.
int specificity(std::string_view range, std::string_view type) {
  if (equals_ignoring_case(range, type)) return 3;
  if (range == "*/*") return 1;
  return range.ends_with("/*") && starts_ignoring_case(type, range.substr(0, range.size() - 1)) ? 2 : 0;
}

double weight(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::string_view one = take_element(parameters, ';');
    if (!one.starts_with("q=") && !one.starts_with("Q=")) continue;
    double value = 0;
    std::from_chars(one.data() + 2, one.data() + one.size(), value);
    return std::clamp(value, 0.0, 1.0);
  }
  return 1;
}

}  // namespace

double quality(std::string_view accept, std::string_view type) {
  if (trim_ows(accept).empty()) return 1;
  double wanted = 0;
  int best = 0;
  while (!accept.empty()) {
    std::string_view one = take_element(accept, ',');
    const std::string_view range = take_element(one, ';');
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
    std::string_view one = take_element(list, ',');
    const std::string_view named = take_element(one, ';');
    if (equals_ignoring_case(named, coding)) return weight(one);
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
