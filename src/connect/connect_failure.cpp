#include "connect/connect_failure.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/ip/address.hpp>
#include <cerrno>

namespace trawl {

namespace {

/// A connected UDP socket needs the same route and source address as TCP, but no TCP port.
bool has_route(const tcp::endpoint& to) {
  const int probe = ::socket(to.protocol().family(), SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return false;
  const bool routed = ::connect(probe, to.data(), static_cast<socklen_t>(to.size())) == 0;
  ::close(probe);
  return routed;
}

errc code_of(const error_code& ec, const tcp::endpoint& to) {
  if (is_shortage(ec.value())) return errc::out_of_resources;
  switch (ec.value()) {
    case ECONNREFUSED:
      return errc::connection_refused;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
      return errc::connection_terminated;
    case ETIMEDOUT:
      return errc::connection_timeout;
    case EAGAIN:  // connect(2): the routing cache, or the ephemeral ports, are full.
      return errc::out_of_resources;
    case EADDRNOTAVAIL:  // All ports taken, or no source address of that family.
      return has_route(to) ? errc::out_of_resources : errc::destination_ip_unroutable;
    default:  // ENETUNREACH, EHOSTUNREACH, EACCES (a firewall, a broadcast address), EAFNOSUPPORT, ...
      return errc::destination_ip_unroutable;
  }
}

}  // namespace

std::string address_text(const tcp::endpoint& at) {
  const std::string address = at.address().to_string();
  const std::string port = std::to_string(at.port());
  return at.address().is_v6() ? "[" + address + "]:" + port : address + ":" + port;
}

bool is_shortage(int error) {
  // ENOSPC: epoll(7), max_user_watches.
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM || error == ENOSPC;
}

std::string error_words(const error_code& ec) {
  std::string words = ec.message();
  const bool acronym = words.size() > 1 && words[1] >= 'A' && words[1] <= 'Z';
  if (!acronym && !words.empty() && words[0] >= 'A' && words[0] <= 'Z') words[0] += 'a' - 'A';
  return words;
}

failure connect_failure(const error_code& ec, const tcp::endpoint& to) {
  const errc code = code_of(ec, to);
  const bool ports = ec.value() == EADDRNOTAVAIL && code == errc::out_of_resources;
  return {code, phase::connect, address_text(to) + ": " + (ports ? "no free local port" : error_words(ec))};
}

}  // namespace trawl
