// The stream under a WebSocket, plain or under TLS, as Beast wants to see one: it reads and writes at the same time,
// once each. One type for both, so that Beast is compiled once.
// Belongs to one loop. Not thread-safe.
#pragma once

#include <array>
#include <boost/asio/compose.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "api/http/tls_accepted.hpp"
#include "base/executor.hpp"

namespace trawl {

class ws_transport {
 public:
  using executor_type = trawl::executor_type;
  using next_layer_type = socket_type;

  /// Takes over a connection between two messages. `tls`: null on a plain one. Both outlive it; what it has begun may
  /// outlive all three.
  ws_transport(socket_type& socket, tls_accepted* tls);
  ws_transport(const ws_transport&) = delete;
  ws_transport& operator=(const ws_transport&) = delete;
  ~ws_transport();

  [[nodiscard]] executor_type get_executor() { return socket_.get_executor(); }
  /// Beast closes it when its patience is over. From then on nothing touches the descriptor.
  [[nodiscard]] next_layer_type& next_layer() { return socket_; }

  /// Handlers get an error_code and the number of octets; eof when the client has ended.
  template <class Buffers, class Handler>
  void async_read_some(const Buffers& into, Handler&& handler) {
    if (!secure_) return socket_.async_read_some(into, std::forward<Handler>(handler));
    begin(transfer(secure_, first_room(into)), std::forward<Handler>(handler));
  }
  template <class Buffers, class Handler>
  void async_write_some(const Buffers& from, Handler&& handler) {
    if (!secure_) return socket_.async_write_some(from, std::forward<Handler>(handler));
    std::array<char, record_octets> plain;
    const std::size_t size = asio::buffer_copy(asio::buffer(plain), from);
    begin(transfer(secure_, encrypt({plain.data(), size})), std::forward<Handler>(handler));
  }

  /// Says that nothing more is to come, before the socket is closed.
  void end_tls();

 private:
  static constexpr std::size_t record_octets = 16384;  // The most that one record of TLS holds (RFC 8446 5.1).
  struct outcome {
    error_code ec;
    std::size_t size = 0;
  };
  struct encrypted {
    std::size_t size = 0;
  };

  struct secured {
    socket_type* socket;  // Null once the transport is gone.
    tls_accepted* tls;
    [[nodiscard]] bool lost() const { return socket == nullptr || !socket->is_open(); }
    // Each nullopt when the socket is not ready.
    [[nodiscard]] std::optional<outcome> try_read(asio::mutable_buffer into) const;
    [[nodiscard]] std::optional<outcome> try_send(std::size_t taken) const;
  };

  // One read or write: a step, as often as the socket is ready for one.
  class transfer {
   public:
    transfer(std::shared_ptr<secured> on, asio::mutable_buffer into)
        : on_(std::move(on)), into_(into), until_(socket_type::wait_read) {}
    transfer(std::shared_ptr<secured> on, encrypted taken)
        : on_(std::move(on)), taken_(taken.size), until_(socket_type::wait_write) {}

    template <class Self>
    void operator()(Self& self, error_code ec = {}) {
      const bool inside_begin = !std::exchange(begun_, true);
      if (!done_) done_ = ec ? outcome{ec} : step();
      if (!done_) return on_->socket->async_wait(until_, std::move(self));
      // A handler does not run inside the call that it was given to.
      if (inside_begin) return asio::post(self.get_executor(), std::move(self));
      self.complete(done_->ec, done_->size);
    }

   private:
    [[nodiscard]] std::optional<outcome> step() {
      return until_ == socket_type::wait_read ? on_->try_read(into_) : on_->try_send(taken_);
    }
    std::shared_ptr<secured> on_;
    asio::mutable_buffer into_;
    std::size_t taken_ = 0;
    socket_type::wait_type until_;
    bool begun_ = false;
    std::optional<outcome> done_;
  };

  template <class Handler>
  void begin(transfer one, Handler&& handler) {
    asio::async_compose<Handler, void(error_code, std::size_t)>(std::move(one), handler, socket_);
  }
  template <class Buffers>
  static asio::mutable_buffer first_room(const Buffers& into) {
    for (auto at = asio::buffer_sequence_begin(into); at != asio::buffer_sequence_end(into); ++at)
      if (asio::mutable_buffer(*at).size() > 0) return *at;
    return {};
  }

  [[nodiscard]] encrypted encrypt(std::string_view plain);

  socket_type& socket_;
  const std::shared_ptr<secured> secure_;  // Null on a plain connection.
};

/// For Beast, which finds it by its name: the end of a connection that was closed in both directions.
template <class Handler>
void async_teardown(boost::beast::role_type role, ws_transport& over, Handler&& handler) {
  over.end_tls();
  boost::beast::websocket::async_teardown(role, over.next_layer(), std::forward<Handler>(handler));
}

}  // namespace trawl
