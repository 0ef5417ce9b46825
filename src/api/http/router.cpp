#include "api/http/router.hpp"

namespace trawl {
namespace {

// Takes the next segment off `path`, which begins with '/'.
std::string_view next_segment(std::string_view& path) {
  const std::size_t end = std::min(path.find('/', 1), path.size());
  const std::string_view segment = path.substr(1, end - 1);
  path.remove_prefix(end);
  return segment;
}

bool matches(std::string_view pattern, std::string_view path, std::string& id) {
  while (!pattern.empty() && !path.empty()) {
    const std::string_view expected = next_segment(pattern);
    const std::string_view given = next_segment(path);
    if (expected == "{id}") {
      if (given.empty()) return false;
      id = percent_decode(given, false);
    } else if (expected != given) {
      return false;
    }
  }
  return pattern.empty() && path.empty();
}

}  // namespace

or_problem<const route*> router::find(request& asked) const {
  const std::string_view method = asked.method == "HEAD" ? "GET" : std::string_view(asked.method);
  if (!asked.path.starts_with('/')) return problem(404, "nothing is at '" + asked.path + "'");
  for (const route& each : routes_)
    if (each.method == method && matches(each.path, asked.path, asked.task_id)) return &each;
  const std::string methods = allowed(asked.path);
  if (methods.empty()) return problem(404, "nothing is at '" + asked.path + "'");
  problem told(405, asked.path + " does not know the method " + asked.method);
  told.allow = methods;
  return told;
}

std::optional<problem> query_problem(const route& found, const request& asked) {
  if (std::holds_alternative<intake_handler>(found.handler)) return std::nullopt;
  if (const auto key = asked.asked.unknown(found.query_keys)) return bad_parameter(*key, "is not known here");
  if (const auto key = asked.asked.repeated(found.repeatable_key)) return bad_parameter(*key, "is given twice");
  return std::nullopt;
}

std::string router::allowed(std::string_view path) const {
  std::string methods;
  std::string id;
  for (const route& each : routes_) {
    if (!path.starts_with('/') || !matches(each.path, path, id)) continue;
    methods += each.method;
    methods += each.method == "GET" ? ", HEAD, " : ", ";
  }
  return methods.empty() ? methods : methods + "OPTIONS";
}

}  // namespace trawl
