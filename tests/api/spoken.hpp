// A client for tests that lives on the server's own loop: says something, and hears all that comes until the
// server closes or enough was heard.
#pragma once

#include <sys/socket.h>

#include <boost/asio/write.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "base/executor.hpp"

namespace trawl {

class client {
 public:
  client(asio::io_context& loop, const tcp::endpoint& to)
      : loop_(loop), ear_(std::make_shared<ear>(loop.get_executor())) {
    ear_->socket.connect(to);
    hear(ear_);
  }
  ~client() { leave(); }
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  void say(std::string_view text) { asio::write(ear_->socket, asio::buffer(text.data(), text.size())); }
  /// As much of it as the system takes at once; nothing of one that is closed.
  void say_what_fits(std::string_view text) {
    static_cast<void>(::send(ear_->socket.native_handle(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
  }
  /// Runs the loop until `text` was heard `times` times in all, or the server has closed.
  void hear_until(std::string_view text, std::size_t times = 1) {
    while (!closed() && count(text) < times) loop_.run_one();
  }
  /// Runs the loop until the server has closed; all that was heard.
  const std::string& hear_all() {
    while (!closed()) loop_.run_one();
    return ear_->heard;
  }
  [[nodiscard]] const std::string& heard() const { return ear_->heard; }
  [[nodiscard]] bool closed() const { return ear_->closed; }
  [[nodiscard]] std::size_t count(std::string_view text) const {
    std::size_t found = 0;
    for (std::size_t at = 0; (at = heard().find(text, at)) != std::string::npos; at += text.size()) ++found;
    return found;
  }
  /// Hears nothing more, and stays.
  void turn_deaf() { ear_->socket.cancel(); }
  /// Closes its end.
  void leave() {
    error_code ignored;
    ear_->socket.close(ignored);
  }

 private:
  /// Shared with the read that is under way, which may end after the client.
  struct ear {
    explicit ear(const executor_type& loop) : socket(loop) {}
    socket_type socket;
    char block[65536];
    std::string heard;
    bool closed = false;
  };
  static void hear(const std::shared_ptr<ear>& one) {
    one->socket.async_read_some(asio::buffer(one->block), [one](error_code ec, std::size_t size) {
      one->closed = static_cast<bool>(ec);
      one->heard.append(one->block, size);
      if (!ec) hear(one);
    });
  }
  asio::io_context& loop_;
  std::shared_ptr<ear> ear_;
};

}  // namespace trawl
