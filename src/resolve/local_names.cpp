#include "resolve/local_names.hpp"

#include <utility>

#include "base/start_error.hpp"
#include "base/text.hpp"
#include "resolve/dns_name.hpp"

namespace trawl {
namespace {

std::string key_of(std::string_view host, std::uint16_t port) { return std::string(host) + ':' + std::to_string(port); }

std::string_view without_brackets(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) return text.substr(1, text.size() - 2);
  return text;
}

// Cheap to say no: every host name that ends in a letter and has no colon.
bool may_be_literal(std::string_view name) {
  if (name.empty()) return false;
  return is_digit(name.back()) || name.find(':') != std::string_view::npos;
}

// 127.0.0.1 first: that is where what calls itself local listens.
address_answer loopback() {
  address_answer both;
  both.addresses = {asio::ip::address_v4::loopback(), asio::ip::address_v6::loopback()};
  return both;
}

}  // namespace

local_names::local_names(const std::vector<resolve_override>& overrides, std::string hosts_path)
    : hosts_(std::move(hosts_path)), localhost_(loopback()) {
  std::vector<std::string> problems;
  for (const resolve_override& each : overrides) {
    boost::system::error_code ec;
    const auto address = asio::ip::make_address(std::string(without_brackets(each.address)), ec);
    if (ec)
      problems.push_back("--resolve " + each.host + ": \"" + each.address + "\" is not an IP address");
    else
      overrides_.try_emplace(key_of(canonical_name(each.host), each.port), address_answer{})
          .first->second->addresses.push_back(address);
  }
  if (!problems.empty()) throw start_error(std::move(problems));
}

const resolve_outcome* local_names::find(std::string_view name, std::uint16_t port, time_point now) {
  if (const resolve_outcome* known = literal(name)) return known;
  if (const resolve_outcome* known = overridden(name, port)) return known;
  if (is_localhost(name)) return &localhost_;
  return hosts_.find(name, now);
}

const resolve_outcome* local_names::literal(std::string_view name) {
  name = without_brackets(name);
  if (!may_be_literal(name)) return nullptr;
  boost::system::error_code ec;
  const auto address = asio::ip::make_address(std::string(name), ec);
  if (ec) return nullptr;
  literal_->addresses.assign(1, address);
  return &literal_;
}

const resolve_outcome* local_names::overridden(std::string_view name, std::uint16_t port) const {
  if (overrides_.empty()) return nullptr;
  const auto at = overrides_.find(key_of(name, port));
  return at == overrides_.end() ? nullptr : &at->second;
}

}  // namespace trawl
