// One c-ares channel to one DNS server, driven by an Asio loop: c-ares frames, sends, matches and parses, Asio
// says when a socket is ready. Retries and the choice of server are not made here: each query is sent once.
// UDP from a connected socket, a new one whenever no query is open, so that a forger does not know the port; a
// truncated answer is asked for again over TCP by c-ares itself. c-ares must not be re-entered from its callbacks, so
// those only take note; `after_run` is called when it has returned, and there anything may be done but destroying the
// channel. Belongs to one loop. Not thread-safe.
#pragma once

#include <boost/asio/ip/udp.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/executor.hpp"
#include "resolve/inquiry.hpp"

struct ares_channeldata;
struct ares_options;

namespace trawl {

class ares_channel;

/// Who wants to know how a query ended.
class dns_query {
 public:
  virtual ~dns_query() = default;
  /// Once, from inside c-ares, perhaps before ask() returns: must only take note. Not called when the
  /// channel is destroyed first.
  virtual void answered(dns_answer answer) = 0;

 private:
  friend class ares_channel;
  ares_channel* channel_ = nullptr;  ///< That it was asked of.
  dns_family family_ = dns_family::a;
  std::size_t streams_before_ = 0;
};

class ares_channel {
 public:
  /// `patience`: how long an answer is waited for. Throws start_error when c-ares cannot be set up.
  ares_channel(executor_type loop, const asio::ip::udp::endpoint& server, milliseconds patience,
               std::function<void()> after_run);
  ares_channel(const ares_channel&) = delete;
  ares_channel& operator=(const ares_channel&) = delete;
  /// Drops the queries that are open. Not from inside dns_query::answered().
  ~ares_channel();

  void ask(const std::string& name, dns_family family, std::unique_ptr<dns_query> query);
  /// Ends the queries whose patience is over. To be called now and then while any is open.
  void reap();
  [[nodiscard]] std::size_t open() const { return open_; }    ///< Queries without an answer yet.
  [[nodiscard]] std::size_t asked() const { return asked_; }  ///< Since it was made.

 private:
  struct socket;
  static void on_answer(void* query, int status, int timeouts, unsigned char* reply, int size);
  static int on_socket(int fd, int type, void* self);
  static void on_socket_state(void* self, int fd, int readable, int writable);
  void set_options(ares_options& options, milliseconds patience);
  void watch(int fd, bool readable, bool writable);
  void forget(int fd);
  void arm(const std::shared_ptr<socket>& which);
  void ready(const std::shared_ptr<socket>& which, bool readable);

  executor_type loop_;
  std::function<void()> after_run_;
  ares_channeldata* channel_ = nullptr;
  std::unordered_map<int, std::shared_ptr<socket>> sockets_;
  std::size_t open_ = 0;
  std::size_t asked_ = 0;
  std::size_t streams_ = 0;  ///< TCP connections begun.
};

}  // namespace trawl
