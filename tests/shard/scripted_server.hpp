// An HTTP server that answers as a test tells it to: pages, redirects, silence, resets. One thread with its
// own loop, on a free port of 127.0.0.1. It counts what a server sees: connections and requests.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "base/executor.hpp"
#include "base/wait_list.hpp"

namespace trawl::test {

/// What follows an answer.
enum class then : std::uint8_t {
  keep,   ///< The next request.
  close,  ///< An orderly end of the connection.
  reset,  ///< An abrupt one.
  stall,  ///< Silence, until the client gives up.
};

struct answer {
  std::string octets;
  then next = then::keep;
  bool held = false;  ///< Not before release().
};

struct request {
  std::string method, target;
  std::string head;    ///< All of it.
  int connection = 0;  ///< Number of its connection, from 1.
  int on_this = 0;     ///< Its number on that connection, from 1.
  int of_target = 0;   ///< How often the target was asked for, from 1.
};

inline answer page(std::string_view body, then next = then::keep) {
  return {"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
              std::string(body),
          next};
}
inline answer status(int code, std::string_view fields = "") {
  return {"HTTP/1.1 " + std::to_string(code) + " Said so\r\n" + std::string(fields) + "Content-Length: 0\r\n\r\n"};
}
inline answer redirect_to(const std::string& location, int code = 302) {
  return status(code, "Location: " + location + "\r\n");
}
inline answer silence() { return {"", then::stall}; }

class scripted_server {
 public:
  using script = std::function<answer(const request&)>;
  struct counts {
    int connections = 0;
    int open = 0;  ///< Connections, now.
    int requests = 0;
    int most_open = 0;
  };

  /// `on_request` runs on the server's thread.
  explicit scripted_server(script on_request = [](const request&) { return page("hello"); })
      : on_request_(std::move(on_request)) {
    asio::co_spawn(loop_, accept(), rethrow);
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~scripted_server() {
    loop_.stop();
    thread_.join();
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url(std::string_view path = "/", std::string_view host = "127.0.0.1") const {
    return "http://" + std::string(host) + ":" + std::to_string(port_) + std::string(path);
  }
  [[nodiscard]] counts seen() const {
    const std::lock_guard lock(mutex_);
    return counts_;
  }
  [[nodiscard]] int asked_for(const std::string& target) const {
    const std::lock_guard lock(mutex_);
    const auto found = by_target_.find(target);
    return found == by_target_.end() ? 0 : found->second;
  }
  /// Waits until what it has seen is as `expected` says; false when that does not come about.
  template <class Predicate>
  bool sees(Predicate expected, seconds within = seconds(30)) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, within, [&] { return expected(counts_); });
  }
  /// Lets all answers go that are held, and those to come.
  void release() {
    asio::post(loop_, [this] {
      released_ = true;
      held_.wake_all();
    });
  }

 private:
  static void rethrow(const std::exception_ptr& bug) {
    if (bug) std::rethrow_exception(bug);
  }
  awaitable<void> accept() {
    for (;;) {
      auto [ec, socket] = co_await acceptor_.async_accept(use_tuple);
      if (ec) co_return;
      auto serving = serve(socket_type(std::move(socket)));
      asio::co_spawn(loop_, std::move(serving), rethrow);
    }
  }
  awaitable<void> serve(socket_type socket) {
    const int connection = opened();
    std::string input;
    for (int number = 1;; ++number) {
      auto [ec, size] = co_await asio::async_read_until(socket, asio::dynamic_buffer(input), "\r\n\r\n", use_tuple);
      if (ec) break;
      answer reply = on_request_(noted(input.substr(0, size), connection, number));
      input.erase(0, size);
      if (reply.held && !released_) co_await held_.wait();
      auto [failed, sent] = co_await asio::async_write(socket, asio::buffer(reply.octets), use_tuple);
      if (failed || reply.next == then::close) break;
      if (reply.next == then::reset) socket.set_option(asio::socket_base::linger(true, 0));
      if (reply.next == then::reset) break;
      if (reply.next == then::stall) co_await until_closed(socket);
      if (reply.next == then::stall) break;
    }
    closed();
  }
  static awaitable<void> until_closed(socket_type& socket) {
    char octet = 0;
    for (error_code ec; !ec;) {
      const auto [failed, got] = co_await socket.async_read_some(asio::buffer(&octet, 1), use_tuple);
      ec = failed;
    }
  }
  int opened() {
    const std::lock_guard lock(mutex_);
    counts_.most_open = std::max(counts_.most_open, ++counts_.open);
    changed_.notify_all();
    return ++counts_.connections;
  }
  void closed() {
    const std::lock_guard lock(mutex_);
    --counts_.open;
    changed_.notify_all();
  }
  request noted(std::string head, int connection, int number) {
    request parsed;
    const auto first = head.find(' '), second = head.find(' ', first + 1);
    parsed.method = head.substr(0, first);
    parsed.target = head.substr(first + 1, second - first - 1);
    parsed.head = std::move(head);
    parsed.connection = connection;
    parsed.on_this = number;
    const std::lock_guard lock(mutex_);
    ++counts_.requests;
    parsed.of_target = ++by_target_[parsed.target];
    changed_.notify_all();
    return parsed;
  }

  const script on_request_;
  asio::io_context loop_{1};
  acceptor_type acceptor_{loop_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  const std::uint16_t port_ = acceptor_.local_endpoint().port();
  wait_list held_{loop_.get_executor()};
  bool released_ = false;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  counts counts_;
  std::map<std::string, int> by_target_;
  std::thread thread_;
};

}  // namespace trawl::test
