#include "resolve/dns_name.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace trawl {
namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
// A backslash is an escape to c-ares, so it would ask for another name than the one we were given.
bool is_foreign(char c) { return c <= ' ' || c >= 0x7f || c == '\\'; }
bool ends_as(std::string_view name, std::string_view domain) {
  if (!name.ends_with(domain)) return false;
  return name.size() == domain.size() || name[name.size() - domain.size() - 1] == '.';
}

}  // namespace

std::string canonical_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return lower_case(name);
}

bool is_canonical(std::string_view name) {
  return !name.ends_with('.') && std::none_of(name.begin(), name.end(), is_upper);
}

std::optional<std::string_view> why_not_asked(std::string_view name) {
  if (name.size() > 253) return "the name is longer than 253 octets";
  if (std::any_of(name.begin(), name.end(), is_foreign)) return "not a host name";
  if (ends_as(name, "onion")) return "onion names are not in the DNS (RFC 7686)";
  for (std::size_t start = 0; start <= name.size();) {
    const std::size_t length = std::min(name.find('.', start), name.size()) - start;
    if (length == 0) return "the name has an empty label";
    if (length > 63) return "the name has a label longer than 63 octets";
    start += length + 1;
  }
  return std::nullopt;
}

bool is_localhost(std::string_view name) { return ends_as(name, "localhost"); }

}  // namespace trawl
