#include "api/door/cors.hpp"

#include <algorithm>
#include <charconv>

namespace trawl {
namespace {

constexpr const char* readable_fields =
    "ETag, Link, Location, Preference-Applied, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, "
    "WWW-Authenticate, X-Request-Id, X-Total-Count";
constexpr const char* sendable_fields =
    "Authorization, Content-Encoding, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID, Prefer, "
    "X-Request-Id";
constexpr const char* preflight_s = "600";

bool is_port(std::string_view text, std::string_view scheme) {
  unsigned port = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool written_so = wrong == std::errc() && end == text.data() + text.size() && text.front() != '0';
  return written_so && port <= 65535 && port != (scheme == "https" ? 443 : 80);
}

bool is_host(std::string_view text) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']')
    text = text.substr(1, text.size() - 2);
  else if (text.find(':') != std::string_view::npos)
    return false;
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' || c == ':';
  });
}

}  // namespace

bool is_origin(std::string_view text) {
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return false;
  const std::string_view scheme = text.substr(0, scheme_end);
  if (scheme != "http" && scheme != "https") return false;
  const std::string_view rest = text.substr(scheme_end + 3);
  const std::size_t colon = rest.rfind(':');
  const bool has_port = colon != std::string_view::npos && !rest.ends_with(']');
  if (!has_port) return is_host(rest);
  return is_host(rest.substr(0, colon)) && colon + 1 < rest.size() && is_port(rest.substr(colon + 1), scheme);
}

bool cors::allows(const request& asked) const {
  const auto is_it = [](const auto& field) { return field.first == "origin"; };
  return std::ranges::count_if(asked.fields, is_it) == 1 &&
         std::ranges::find(origins_, asked.field("origin")) != origins_.end();
}

// Vary whoever asks: a cache must not give the answer of one origin to another.
void cors::add_to(answer& told, const request& asked) const {
  if (origins_.empty()) return;
  told.fields.emplace_back("Vary", "Origin");
  if (!allows(asked)) return;
  told.fields.emplace_back("Access-Control-Allow-Origin", asked.field("origin"));
  told.fields.emplace_back("Access-Control-Expose-Headers", readable_fields);
}

void cors::add_preflight(answer& told, const request& asked, const std::string& methods) const {
  if (!allows(asked) || !asked.has("access-control-request-method")) return;
  told.fields.emplace_back("Access-Control-Allow-Methods", methods);
  told.fields.emplace_back("Access-Control-Allow-Headers", sendable_fields);
  told.fields.emplace_back("Access-Control-Max-Age", preflight_s);
  if (asked.field("access-control-request-private-network") == "true")
    told.fields.emplace_back("Access-Control-Allow-Private-Network", "true");
}

}  // namespace trawl
