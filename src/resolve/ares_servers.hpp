// The DNS servers of a shard: their channels, which of them to ask next, and which to spare for a while.
// Names are spread over the servers in turn. One that was silent is asked last for ten seconds, so that a dead
// server costs a few lookups their time, not all of them.
// Against forged answers the source port changes whenever no query is open, and under load, when that hardly happens,
// after a thousand queries: then the channel is replaced.
// Belongs to one loop. Not thread-safe.
#pragma once

#include <boost/asio/ip/udp.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/executor.hpp"
#include "resolve/ares_channel.hpp"
#include "resolve/inquiry.hpp"

namespace trawl {

/// "ADDR", "ADDR4:PORT", "[ADDR6]:PORT"; 53 where no port is said. Throws start_error naming every one that is none of
/// these.
[[nodiscard]] std::vector<asio::ip::udp::endpoint> parse_dns_servers(const std::vector<std::string>& texts);
/// The servers a resolv.conf(5) names; 127.0.0.1 when it names none, as that page has it.
[[nodiscard]] std::vector<asio::ip::udp::endpoint> system_dns_servers(const std::string& resolv_conf);

class ares_servers {
 public:
  using endpoint = asio::ip::udp::endpoint;
  /// More are left out: whom a name was asked of is kept in 32 bits.
  static constexpr std::size_t most = 32;

  /// `after_run`: see ares_channel. Throws start_error.
  ares_servers(executor_type loop, std::vector<endpoint> servers, milliseconds patience,
               std::function<void()> after_run);

  [[nodiscard]] std::size_t size() const { return servers_.size(); }
  /// Picks a server for a question that those in `asked` (bits) had already, and adds it there.
  [[nodiscard]] std::size_t pick(std::uint32_t& asked, time_point now);
  void ask(std::size_t server, const std::string& name, dns_family family, std::unique_ptr<dns_query> query);
  /// It was asked at `since` and the answer is overdue: it is spared unless it answered others meanwhile.
  void overdue(std::size_t server, time_point since, time_point now);
  void answered(std::size_t server, time_point now);

  /// Something is open, so that reap() is needed.
  [[nodiscard]] bool busy() const;
  /// Ends what nobody answers and drops replaced channels. Not from inside `after_run`.
  void reap();
  /// Drops every query; nothing may be asked any more.
  void close();

 private:
  struct server {
    endpoint where;
    std::unique_ptr<ares_channel> channel;
    time_point last_answer = time_point::min();
    time_point spared_until = time_point::min();
  };
  [[nodiscard]] std::unique_ptr<ares_channel> open_channel(const endpoint& where);
  void replace(server& which);

  executor_type loop_;
  milliseconds patience_;
  std::function<void()> after_run_;
  std::vector<server> servers_;
  std::vector<std::unique_ptr<ares_channel>> replaced_;  ///< Until their last answer has come.
  std::size_t next_ = 0;
};

}  // namespace trawl
