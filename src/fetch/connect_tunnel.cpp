#include "fetch/connect_tunnel.hpp"

#include <array>

#include "fetch/tunnel_answer.hpp"

namespace trawl {
namespace {

// An answer to CONNECT is a few lines; longer ones take more reads.
constexpr std::size_t read_octets = 1024;

// RFC 9112 3.2.3: host and port, always both.
std::string authority_form(const dial_target& to) {
  const bool bracketed = to.hostname.find(':') != std::string_view::npos;
  std::string host(to.hostname);
  return (bracketed ? "[" + host + "]:" : host + ":") + std::to_string(to.port);
}

// These stay: we were interrupted, or are short of something ourselves.
failure lost(failure io) {
  if (io.code == errc::none || io.code == errc::out_of_resources) return io;
  return {errc::proxy_connect_error, phase::connect, "did not answer CONNECT: " + io.detail, true};
}

}  // namespace

awaitable<result<void>> connect_tunnel::open(transport& through, const dial_target& to, const proxy& by) {
  const std::string asked = connect_request(to, by, user_agent_);
  const auto sent = co_await through.write(asked);
  if (!sent) co_return lost(sent.error());
  tunnel_answer answer(!by.authorization.empty());
  std::array<char, read_octets> octets;
  for (bool over = false; !over;) {
    const auto got = co_await through.read_some(octets.data(), octets.size());
    if (!got) co_return lost(got.error());
    over = got.value() == 0 || answer.take_in(std::string_view(octets.data(), got.value()));
    if (got.value() == 0) answer.at_eof();
  }
  co_return answer.outcome();
}

std::string connect_request(const dial_target& to, const proxy& by, std::string_view user_agent) {
  const std::string authority = authority_form(to);
  std::string head = "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n";
  if (!user_agent.empty()) head.append("User-Agent: ").append(user_agent).append("\r\n");
  if (!by.authorization.empty()) head.append("Proxy-Authorization: ").append(by.authorization).append("\r\n");
  return head += "\r\n";
}

}  // namespace trawl
