// Who gets in when there is no room for one more connection: --max-connections are open, or one address has all it may
// have, or the process is out of descriptors. A connection that has been idle for a second makes way, the longest idle
// one first, as its client must expect at any time (RFC 9112 9.3); where none is, the new one is told 503. For that a
// descriptor is held back, since without one nobody could be told anything. Belongs to one loop. Not thread-safe.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "api/session.hpp"

namespace trawl {

class admission {
 public:
  /// Of one address beyond loopback, unless the operator says otherwise: a proxy gets along with that, and ten are
  /// needed to take all there are by default.
  static constexpr std::size_t most_of_one_by_default = 1000;

  /// `most`: connections at once; `most_of_one`: of one client, loopback included.
  admission(session_context& shared, std::size_t most, std::optional<std::size_t> most_of_one)
      : shared_(shared), most_(most), most_of_one_(most_of_one) {
    hold_back();
  }
  admission(const admission&) = delete;
  admission& operator=(const admission&) = delete;
  ~admission();

  /// Whether one more connection from there may be served; makes room for it if it can. Else what it is told, in
  /// octets.
  [[nodiscard]] std::optional<std::string> refuse(const asio::ip::address& from, time_point now);
  /// After an accept() that failed with `why`: makes room, or turns away who waits. The caller waits a little then.
  void relieve(acceptor_type& at, const error_code& why, time_point now);

 private:
  /// A client that connects in order to ask has asked by then.
  static constexpr seconds patience{1};
  static constexpr seconds log_pause{10};
  [[nodiscard]] bool has_enough(const asio::ip::address& from) const;
  bool make_room(time_point now, std::size_t places);
  void turn_away(acceptor_type& at);
  void hold_back();
  void complain(const error_code& why, time_point now);

  session_context& shared_;
  const std::size_t most_;
  const std::optional<std::size_t> most_of_one_;
  int held_back_ = -1;
  time_point complained_{};
};

/// All that one connection too many hears: 503, in octets. `flag`: whose limit it is over.
[[nodiscard]] std::string crowded_answer(std::string_view flag);

}  // namespace trawl
