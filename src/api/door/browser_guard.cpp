#include "api/door/browser_guard.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

#include "base/text.hpp"

namespace trawl {
namespace {

struct host_and_port {
  std::string_view host;  // Without brackets.
  std::string_view port;  // Empty: none given.
};

host_and_port split(std::string_view authority) {
  const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : std::string_view::npos;
  if (bracket != std::string_view::npos) {
    const std::string_view rest = authority.substr(bracket + 1);
    return {authority.substr(1, bracket - 1), rest.starts_with(':') ? rest.substr(1) : std::string_view()};
  }
  const std::size_t colon = std::min(authority.find(':'), authority.size());
  return {authority.substr(0, colon), authority.substr(std::min(colon + 1, authority.size()))};
}

bool is_address(std::string_view host) {
  boost::system::error_code ec;
  boost::asio::ip::make_address(host, ec);
  return !ec;
}

// An Origin names the same place as the Host when host and port agree; a browser leaves 80 out.
bool same_place(std::string_view origin, std::string_view authority) {
  const std::size_t scheme = origin.find("://");
  if (scheme == std::string_view::npos) return false;  // "null"
  const bool secure = equals_ignoring_case(origin.substr(0, scheme), "https");
  const auto port = [&](const host_and_port& of) {
    return of.port.empty() ? std::string_view(secure ? "443" : "80") : of.port;
  };
  const host_and_port page = split(origin.substr(scheme + 3));
  const host_and_port here = split(authority);
  return equals_ignoring_case(page.host, here.host) && port(page) == port(here);
}

}  // namespace

bool browser_guard::knows(std::string_view host) const {
  if (host.ends_with('.')) host.remove_suffix(1);
  return equals_ignoring_case(host, "localhost") || is_address(host) ||
         std::any_of(allowed_.begin(), allowed_.end(),
                     [&](const std::string& each) { return equals_ignoring_case(each, host); });
}

std::optional<std::string> browser_guard::refuse(const request& asked, bool page_allowed) const {
  const std::string_view authority = asked.authority.empty() ? asked.field("host") : std::string_view(asked.authority);
  if (!authority.empty() && !knows(split(authority).host))
    return "the host name '" + std::string(authority) + "' is not served here; --allowed-host adds it";
  if (page_allowed) return std::nullopt;
  if (asked.has("origin") && !same_place(asked.field("origin"), authority))
    return "the page of another origin ('" + std::string(asked.field("origin")) + "') may not use this service";
  if (equals_ignoring_case(asked.field("sec-fetch-site"), "cross-site"))
    return "another site's page may not use this service";
  return std::nullopt;
}

}  // namespace trawl
