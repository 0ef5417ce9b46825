#include "resolve/ares_servers.hpp"

#include <ares.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include "base/start_error.hpp"

namespace trawl {
namespace {

using asio::ip::udp;

constexpr std::uint16_t dns_port = 53;
constexpr seconds spare_for{10};
// At 16 bits of query id, a forger who knows the port wins once in 65536 packets that race a real answer.
constexpr std::size_t queries_per_port = 1000;

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

// `family`: what has to stand before the port, so that the last group of "::1:53" is not taken for one.
std::optional<udp::endpoint> endpoint_from(const std::string& host, std::string_view port, int family) {
  boost::system::error_code ec;
  const auto address = asio::ip::make_address(host, ec);
  if (ec || address.is_v6() != (family == AF_INET6)) return std::nullopt;
  const auto number = parse_port(port);
  return number ? std::optional(udp::endpoint(address, *number)) : std::nullopt;
}

std::optional<udp::endpoint> parse_server(const std::string& text) {
  boost::system::error_code ec;
  if (const auto address = asio::ip::make_address(text, ec); !ec) return udp::endpoint(address, dns_port);
  const bool bracketed = text.starts_with('[');
  if (bracketed && text.ends_with(']')) return parse_server(text + ":53");
  const std::size_t end = bracketed ? text.find("]:") : text.find(':');
  if (end == std::string::npos) return std::nullopt;
  if (bracketed) return endpoint_from(text.substr(1, end - 1), std::string_view(text).substr(end + 2), AF_INET6);
  return endpoint_from(text.substr(0, end), std::string_view(text).substr(end + 1), AF_INET);
}

udp::endpoint endpoint_of(const ares_addr_port_node& node) {
  const auto port = static_cast<std::uint16_t>(node.udp_port == 0 ? dns_port : node.udp_port);
  if (node.family == AF_INET) {
    asio::ip::address_v4::bytes_type bytes;
    std::memcpy(bytes.data(), &node.addr.addr4, bytes.size());
    return {asio::ip::address_v4(bytes), port};
  }
  asio::ip::address_v6::bytes_type bytes;
  std::memcpy(bytes.data(), &node.addr.addr6, bytes.size());
  return {asio::ip::address_v6(bytes), port};
}

}  // namespace

std::vector<udp::endpoint> parse_dns_servers(const std::vector<std::string>& texts) {
  std::vector<udp::endpoint> servers;
  std::vector<std::string> problems;
  for (const std::string& text : texts) {
    if (const auto server = parse_server(text))
      servers.push_back(*server);
    else
      problems.push_back("--dns-server \"" + text + "\" is not ADDR or ADDR:PORT");
  }
  if (!problems.empty()) throw start_error(std::move(problems));
  return servers;
}

std::vector<udp::endpoint> system_dns_servers(const std::string& resolv_conf) {
  std::string path = resolv_conf;
  ares_options options{};
  options.resolvconf_path = path.data();
  ::ares_channel channel = nullptr;
  if (const int status = ares_init_options(&channel, &options, ARES_OPT_RESOLVCONF); status != ARES_SUCCESS)
    throw start_error("c-ares cannot read " + resolv_conf + ": " + ares_strerror(status));
  std::vector<udp::endpoint> servers;
  ares_addr_port_node* nodes = nullptr;
  if (ares_get_servers_ports(channel, &nodes) == ARES_SUCCESS)
    for (const auto* node = nodes; node != nullptr; node = node->next) servers.push_back(endpoint_of(*node));
  ares_free_data(nodes);
  ares_destroy(channel);
  return servers;
}

ares_servers::ares_servers(executor_type loop, std::vector<endpoint> servers, milliseconds patience,
                           std::function<void()> after_run)
    : loop_(std::move(loop)), patience_(patience), after_run_(std::move(after_run)) {
  if (servers.empty()) servers.emplace_back(asio::ip::address_v4::loopback(), dns_port);
  if (servers.size() > most) servers.resize(most);
  for (const endpoint& where : servers) servers_.push_back({.where = where, .channel = open_channel(where)});
}

std::size_t ares_servers::pick(std::uint32_t& asked, time_point now) {
  if (asked == 0) ++next_;
  std::size_t chosen = 0;
  unsigned least = 4;
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    const std::size_t candidate = (next_ + i) % servers_.size();
    const unsigned spared = servers_[candidate].spared_until > now ? 1 : 0;
    const unsigned penalty = (asked >> candidate & 1U) * 2 + spared;
    if (penalty < least) chosen = candidate;
    least = std::min(least, penalty);
  }
  asked |= 1U << chosen;
  return chosen;
}

void ares_servers::ask(std::size_t server, const std::string& name, dns_family family,
                       std::unique_ptr<dns_query> query) {
  if (servers_[server].channel->asked() >= queries_per_port) replace(servers_[server]);
  servers_[server].channel->ask(name, family, std::move(query));
}

void ares_servers::overdue(std::size_t server, time_point since, time_point now) {
  if (servers_[server].last_answer < since) servers_[server].spared_until = now + spare_for;
}

void ares_servers::answered(std::size_t server, time_point now) {
  servers_[server].last_answer = now;
  servers_[server].spared_until = time_point::min();
}

bool ares_servers::busy() const {
  const auto is_busy = [](const server& each) { return each.channel->open() > 0; };
  return !replaced_.empty() || std::any_of(servers_.begin(), servers_.end(), is_busy);
}

void ares_servers::reap() {
  for (server& each : servers_) each.channel->reap();
  for (std::size_t i = 0; i < replaced_.size(); ++i) replaced_[i]->reap();  // after_run may add one.
  std::erase_if(replaced_, [](const auto& channel) { return channel->open() == 0; });
}

void ares_servers::close() {
  for (server& each : servers_) each.channel.reset();
  replaced_.clear();
}

std::unique_ptr<ares_channel> ares_servers::open_channel(const endpoint& where) {
  return std::make_unique<ares_channel>(loop_, where, patience_, after_run_);
}

void ares_servers::replace(server& which) {
  try {
    auto fresh = open_channel(which.where);
    replaced_.push_back(std::exchange(which.channel, std::move(fresh)));
  } catch (const start_error&) {  // Out of memory: the old one still works.
  }
}

}  // namespace trawl
