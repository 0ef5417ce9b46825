#include "api/routes/validator.hpp"

#include <algorithm>

#include "api/http/field_list.hpp"
#include "stream/json.hpp"

namespace trawl {
namespace {

// The comparison is weak: what stands in quotes counts.
std::string_view opaque(std::string_view tag) { return tag.starts_with("W/") ? tag.substr(2) : tag; }

}  // namespace

std::string entity_tag(const tracked_task& shown) {
  std::string tag = "W/\"";
  append_number(tag, shown.counts().done);
  tag += '-';
  tag += status_name(shown.status());
  tag += '"';
  return tag;
}

bool client_has(const request& asked, std::string_view tag) {
  for (const auto& [name, value] : asked.fields) {
    if (name != "if-none-match") continue;
    std::string_view list = value;
    while (!list.empty()) {
      const std::string_view one = take_element(list, ',');
      if (one == "*" || opaque(one) == opaque(tag)) return true;
    }
  }
  return false;
}

std::optional<problem> failed_precondition(const request& asked) {
  const auto holds = [](const auto& field) { return field.first != "if-match" || field.second == "*"; };
  if (std::ranges::all_of(asked.fields, holds)) return std::nullopt;
  return problem(412, "If-Match wants a strong entity tag, and those given here are weak: it may only be *");
}

answer not_modified(std::string tag) {
  answer told(std::string(), 304);
  add_validator(told, std::move(tag));
  return told;
}

void add_validator(answer& told, std::string tag) {
  told.fields.emplace_back("ETag", std::move(tag));
  told.fields.emplace_back("Cache-Control", "no-cache");
}

}  // namespace trawl
