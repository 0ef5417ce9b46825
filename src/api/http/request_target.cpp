#include "api/http/request_target.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace trawl {
namespace {

// reg-name, of which an IPv4 address is one: unreserved, percent-encoded and sub-delims.
constexpr bool is_name_octet(char c) {
  return is_alpha(c) || is_digit(c) || std::string_view("-._~%!$&'()*+,;=").find(c) != std::string_view::npos;
}

// An IPv6 address; the IP addresses of the future that the grammar allows have not come.
constexpr bool is_literal_octet(char c) { return is_hex_digit(c) || c == ':' || c == '.'; }

bool skip_scheme(std::string_view& target, std::string_view scheme) {
  if (!starts_ignoring_case(target, scheme)) return false;
  target.remove_prefix(scheme.size());
  return true;
}

}  // namespace

bool is_authority(std::string_view text) {
  const bool literal = text.starts_with('[');
  const std::size_t end = literal ? text.find(']') : std::min(text.find(':'), text.size());
  if (end == std::string_view::npos) return false;
  const std::string_view host = literal ? text.substr(1, end - 1) : text.substr(0, end);
  std::string_view port = text.substr(literal ? end + 1 : end);
  if (!port.empty() && port[0] != ':') return false;
  port.remove_prefix(std::min<std::size_t>(port.size(), 1));
  return !host.empty() && std::ranges::all_of(host, literal ? is_literal_octet : is_name_octet) &&
         std::ranges::all_of(port, is_digit);
}

std::optional<request_target> read_request_target(std::string_view method, std::string_view target) {
  if (target == "*" && method == "OPTIONS") return request_target{{}, target, std::nullopt};
  if (target.find('#') != std::string_view::npos) return std::nullopt;
  request_target read;
  if (!target.starts_with('/')) {
    if (!skip_scheme(target, "http://") && !skip_scheme(target, "https://")) return std::nullopt;
    read.authority = target.substr(0, target.find_first_of("/?"));
    if (!is_authority(read.authority)) return std::nullopt;
    target.remove_prefix(read.authority.size());
  }
  const std::size_t mark = std::min(target.find('?'), target.size());
  read.path = target.substr(0, mark);
  if (mark < target.size()) read.query = target.substr(mark + 1);
  return read;
}

}  // namespace trawl
