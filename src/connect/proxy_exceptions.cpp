#include "connect/proxy_exceptions.hpp"

#include <algorithm>
#include <charconv>

#include "base/text.hpp"
#include "url/host_parser.hpp"

namespace trawl {
namespace {

// Takes ":80" off the end of `text`; false: there is something else. Colons of an IPv6 address are none of ours.
bool take_port(std::string_view& text, std::uint16_t& port) {
  const std::size_t bracket = text.find(']');
  const std::size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon == std::string_view::npos) return true;
  if (bracket == std::string_view::npos && text.find(':', colon + 1) != std::string_view::npos) return true;
  const std::string_view digits = text.substr(colon + 1);
  text = text.substr(0, colon);
  const auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return wrong == std::errc{} && end == digits.data() + digits.size() && port != 0;
}

std::string_view without_brackets(std::string_view text) {
  const bool bracketed = text.size() > 2 && text.front() == '[' && text.back() == ']';
  return bracketed ? text.substr(1, text.size() - 2) : text;
}

std::string_view without_last_dot(std::string_view name) {
  return name.ends_with('.') ? name.substr(0, name.size() - 1) : name;
}

// "*.a.test", ".a.test" and "a.test" mean the same. Empty: no name, or something like 10.*, which nobody reads alike.
std::string read_name(std::string_view text) {
  if (text.starts_with("*.")) text.remove_prefix(1);
  if (text.starts_with('.')) text.remove_prefix(1);
  text = without_last_dot(text);
  std::string name;
  host_kind kind{};
  const bool read = !text.empty() && text.find('*') == std::string_view::npos &&
                    parse_host(text, name, kind) == url_errc::ok && kind == host_kind::domain;
  return read ? name : std::string();
}

bool is_below(std::string_view name, std::string_view top) {
  return name.ends_with(top) && (name.size() == top.size() || name[name.size() - top.size() - 1] == '.');
}

}  // namespace

void proxy_exceptions::add(std::string_view list, std::vector<std::string>& problems) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find_first_of(", \t"), list.size());
    const std::string_view text = list.substr(0, end);
    if (!text.empty() && !add_item(text))
      problems.push_back("'" + std::string(text) + "' is neither a name, nor an address, nor a block like 10.0.0.0/8");
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

bool proxy_exceptions::add_item(std::string_view text) {
  if (text == "*") return everything_ = true;
  item made;
  if (text.find('/') == std::string_view::npos && !take_port(text, made.port)) return false;
  if (const auto block = parse_cidr(without_brackets(text)))
    made.what = *block;
  else
    made.what = read_name(text);
  if (made.what.index() == 0 && std::get<0>(made.what).empty()) return false;
  items_.push_back(std::move(made));
  return true;
}

bool proxy_exceptions::contain(std::string_view hostname, std::uint16_t port) const {
  if (everything_ || items_.empty()) return everything_;
  boost::system::error_code not_one;
  const auto address = asio::ip::make_address(hostname, not_one);
  const std::string_view name = without_last_dot(hostname);
  return std::ranges::any_of(items_, [&](const item& each) {
    if (each.port != 0 && each.port != port) return false;
    if (const cidr* block = std::get_if<cidr>(&each.what)) return !not_one && block->contains(address);
    return bool(not_one) && is_below(name, std::get<std::string>(each.what));
  });
}

}  // namespace trawl
