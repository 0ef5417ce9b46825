// What to ask about one name, whom, and when to stop: two address families, several servers, lost answers.
// A question that got no answer is put again, to the next server, after `query_timeout`, while the first
// one stays open, so an answer that comes late still counts. A server that answers with an error is passed over.
// RFC 8305 3: as soon as one family has addresses, the other gets 50 ms more.
// It decides; it owns no socket and reads no clock. Belongs to one loop. Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "resolve/address_answer.hpp"

namespace trawl {

enum class dns_family : std::uint8_t { a, aaaa };

/// How one query to one server ended. Where several failed, the smaller one is told.
enum class dns_reply : std::uint8_t {
  addresses,
  no_such_name,  ///< NXDOMAIN
  no_data,       ///< The name exists, but not with this family.
  server_failure,
  refused,
  not_implemented,
  format_error,
  other_rcode,
  malformed,
  no_tcp,            ///< It was too long for UDP, and TCP gave none.
  unreachable,       ///< No way to the server, or nothing listens there.
  no_answer,         ///< Nothing came.
  out_of_resources,  ///< No descriptor for a socket: ask again when there is one.
};

struct dns_answer {
  dns_reply kind = dns_reply::no_answer;
  unsigned rcode = 0;  ///< As sent; RFC 6895 2.3 lists them.
  std::vector<asio::ip::address> addresses;
  bool only_aliases = false;  ///< With no_data: the name is an alias, and that leads to no address.
  seconds ttl{0};             ///< The least of the addresses and of the aliases on the way to them.
};

/// Which families a lookup asks for.
enum class family_plan : std::uint8_t {
  a_then_aaaa,  ///< AAAA only where there is no A: a machine that cannot reach IPv6, or hardly.
  both_prefer_a,
  both_prefer_aaaa,
};

struct inquiry_options {
  family_plan plan = family_plan::a_then_aaaa;
  /// Silence after which the question is put again.
  milliseconds query_timeout{2000};
  /// Times a question is put to silent servers; all of it ends after tries * query_timeout.
  int tries = 3;
  /// 1..32.
  std::size_t servers = 1;
};

class inquiry {
 public:
  explicit inquiry(const inquiry_options& options) : options_(options) {}

  void start(time_point now);
  /// One query that is to be sent now; call until nullopt. Each counts as sent.
  [[nodiscard]] std::optional<dns_family> next_query(time_point now);
  /// How a query ended; also for those that end after finished().
  void answered(dns_family family, dns_answer answer, time_point now);
  /// When to call next_query() and finished() again if no answer comes before.
  [[nodiscard]] time_point wake_at() const;
  [[nodiscard]] bool finished(time_point now) const;
  /// It waits for a descriptor of ours; nobody has been asked since.
  [[nodiscard]] bool starved() const { return starved_; }

  /// What came out of it so far; `ttl` of an answer is the least of both families.
  [[nodiscard]] bool has_addresses() const;
  [[nodiscard]] address_answer addresses() const;
  [[nodiscard]] seconds ttl() const;
  /// Why there are no addresses.
  [[nodiscard]] const dns_answer& why_none() const;
  [[nodiscard]] milliseconds patience() const { return options_.tries * options_.query_timeout; }

 private:
  struct question {
    bool asked = false;  ///< The plan wants it.
    bool due = false;    ///< To be sent now.
    bool settled = false;
    std::size_t sent = 0;
    std::size_t failed = 0;  ///< Servers that answered with an error.
    time_point again_at = time_point::max();
    dns_answer answer;
  };
  question& of(dns_family family) { return questions_[static_cast<std::size_t>(family)]; }
  [[nodiscard]] const question& of(dns_family family) const { return questions_[static_cast<std::size_t>(family)]; }
  static void ask(question& which);
  void failed(question& which, dns_answer answer, time_point now);
  void wait_for_resources(question& which, time_point now);
  [[nodiscard]] time_point gives_up_at() const { return started_ + patience(); }

  inquiry_options options_;
  std::array<question, 2> questions_;
  time_point started_{};
  bool starved_ = false;
  time_point settle_at_ = time_point::max();  ///< One family has addresses; the other may take until then.
};

}  // namespace trawl
