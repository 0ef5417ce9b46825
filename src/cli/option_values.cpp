#include "cli/option_values.hpp"

#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <filesystem>
#include <system_error>
#include <utility>

#include "api/door/cors.hpp"
#include "base/whole_file.hpp"
#include "connect/proxy.hpp"
#include "connect/proxy_exceptions.hpp"
#include "resolve/address_policy.hpp"

namespace trawl {
namespace {

constexpr std::uint64_t largest_port = 65535;

struct address_and_port {
  asio::ip::address address;
  std::optional<std::uint16_t> port;
};

std::optional<asio::ip::address> parse_address(std::string_view text) {
  boost::system::error_code wrong;
  const auto address = asio::ip::make_address(text, wrong);
  return wrong ? std::nullopt : std::optional(address);
}

// "[::1]" and "::1" alike.
std::string_view without_brackets(std::string_view text) {
  const bool bracketed = text.size() > 2 && text.front() == '[' && text.back() == ']';
  return bracketed ? text.substr(1, text.size() - 2) : text;
}

std::optional<address_and_port> split_port(std::string_view text, std::uint64_t least_port) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view host = text.substr(0, colon);
  const auto address = parse_address(without_brackets(host));
  const auto port = parse_integer(text.substr(colon + 1), least_port, largest_port);
  if (!address || !port || (address->is_v6() && host.front() != '[')) return std::nullopt;
  return address_and_port{*address, static_cast<std::uint16_t>(*port)};
}

// What a host name consists of, as far as a typing mistake is to be caught; the URL parser knows the rest.
bool looks_like_host(std::string_view text) {
  return !text.empty() && text.size() <= 253 && text.find_first_of(" \t/:@?#,[]\\") == std::string_view::npos;
}

}  // namespace

std::optional<std::uint64_t> parse_integer(std::string_view text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t number = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = wrong == std::errc{} && end == text.data() + text.size();
  if (!whole || number < least || number > most) return std::nullopt;
  return number;
}

std::optional<bool> parse_boolean(std::string_view text) {
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  return std::nullopt;
}

value_problem check_listener(std::string_view text) {
  if (split_port(text, 0)) return std::nullopt;
  return "must be ADDR:PORT with an IP address, e.g. 127.0.0.1:7777 or [::1]:7777";
}

bool is_loopback_listener(std::string_view text) {
  const auto at = split_port(text, 0);
  return at && classify(at->address).category == address_class::loopback;
}

value_problem check_dns_server(std::string_view text) {
  if (parse_address(without_brackets(text)) || split_port(text, 1)) return std::nullopt;
  return "must be ADDR[:PORT] with an IP address, e.g. 9.9.9.9 or [::1]:5353";
}

value_problem check_cidr(std::string_view text) {
  if (parse_cidr(text)) return std::nullopt;
  return "must be a block of addresses, e.g. 10.0.0.0/8 or fd00::/8";
}

value_problem parse_resolve(std::string_view text, resolve_override& into) {
  static constexpr const char* wrong = "must be HOST:PORT:ADDR, e.g. example.com:443:127.0.0.1";
  const std::size_t host_end = text.find(':');
  if (host_end == std::string_view::npos) return wrong;
  const std::size_t port_end = text.find(':', host_end + 1);
  if (port_end == std::string_view::npos) return wrong;
  const std::string_view address = without_brackets(text.substr(port_end + 1));
  const auto port = parse_integer(text.substr(host_end + 1, port_end - host_end - 1), 1, largest_port);
  if (!looks_like_host(text.substr(0, host_end)) || !port || !parse_address(address)) return wrong;
  into.host = text.substr(0, host_end);
  into.port = static_cast<std::uint16_t>(*port);
  into.address = address;
  return std::nullopt;
}

value_problem check_proxy(std::string_view text) {
  std::optional<proxy> read;
  return parse_proxy(text, read);
}

value_problem check_no_proxy(std::string_view text) {
  proxy_exceptions read;
  std::vector<std::string> wrong;
  read.add(text, wrong);
  return wrong.empty() ? std::nullopt : value_problem(wrong.front());
}

value_problem check_host_name(std::string_view text) {
  if (looks_like_host(text)) return std::nullopt;
  return "must be a host name without a port";
}

value_problem check_origin(std::string_view text) {
  if (is_origin(text)) return std::nullopt;
  return "must be an origin as browsers write it, e.g. https://a.example or http://localhost:3000";
}

value_problem check_readable(const std::string& path) {
  if (std::string wrong = unreadable(path); !wrong.empty()) return wrong;
  std::error_code unknown;  // Only a file has a size: a pipe may still bring something.
  return std::filesystem::file_size(path, unknown) == 0 ? value_problem("is empty") : std::nullopt;
}

value_problem check_user_agent(std::string_view text) {
  bool printable = !text.empty() && text.size() <= 1024 && text.front() != ' ' && text.back() != ' ';
  for (const char c : text) printable = printable && c >= ' ' && c <= '~';
  return printable ? std::nullopt : value_problem("must be 1 to 1024 printable ASCII characters");
}

}  // namespace trawl
