#include "connect/proxy.hpp"

#include <charconv>

#include "base/base64.hpp"
#include "base/text.hpp"
#include "url/host_parser.hpp"
#include "url/percent.hpp"

namespace trawl {
namespace {

using problem = std::optional<std::string>;

constexpr const char* expected = "must be [http://][USER[:PASSWORD]@]HOST[:PORT], or none";

problem take_scheme(std::string_view& text) {
  const std::size_t end = text.find("://");
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view scheme = text.substr(0, end);
  text.remove_prefix(end + 3);
  if (equals_ignoring_case(scheme, "http")) return std::nullopt;
  if (equals_ignoring_case(scheme, "https")) return "proxies that are spoken to over TLS (https://) are not supported";
  if (starts_ignoring_case(scheme, "socks")) return "SOCKS proxies are not supported, only HTTP ones (http://)";
  return expected;
}

// RFC 7617, section 2: the user's name ends at the first colon, so it cannot hold one.
problem take_credentials(std::string_view& text, proxy& into) {
  const std::size_t end = text.rfind('@');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view both = text.substr(0, end);
  text.remove_prefix(end + 1);
  if (both.empty()) return std::nullopt;
  const std::size_t colon = std::min(both.find(':'), both.size());
  std::string pair;
  percent_decode(both.substr(0, colon), pair);
  if (pair.find(':') != std::string::npos) return "the user's name must not hold a colon";
  pair += ':';
  if (colon < both.size()) percent_decode(both.substr(colon + 1), pair);
  into.authorization = "Basic ";
  append_base64(into.authorization, pair);
  return std::nullopt;
}

bool take_port(std::string_view& text, proxy& into) {
  into.port = default_proxy_port;
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || text.back() == ']') return true;
  const std::string_view digits = text.substr(colon + 1);
  const auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), into.port);
  text.remove_suffix(text.size() - colon);
  return wrong == std::errc{} && end == digits.data() + digits.size() && into.port != 0;
}

bool take_host(std::string_view text, proxy& into) {
  host_kind kind{};
  if (text.empty() || parse_host(text, into.hostname, kind) != url_errc::ok) return false;
  into.is_address = kind != host_kind::domain;
  if (kind == host_kind::ipv6) into.hostname = into.hostname.substr(1, into.hostname.size() - 2);
  return true;
}

}  // namespace

std::string proxy::name() const {
  const bool bracketed = hostname.find(':') != std::string::npos;
  return (bracketed ? "[" + hostname + "]:" : hostname + ":") + std::to_string(port);
}

std::optional<std::string> parse_proxy(std::string_view text, std::optional<proxy>& into) {
  into.reset();
  if (text.empty() || equals_ignoring_case(text, "none")) return std::nullopt;
  proxy made;
  if (problem wrong = take_scheme(text)) return wrong;
  if (text.ends_with('/')) text.remove_suffix(1);
  if (problem wrong = take_credentials(text, made)) return wrong;
  if (text.empty() || !take_port(text, made) || !take_host(text, made)) return expected;
  into = std::move(made);
  return std::nullopt;
}

}  // namespace trawl
