// Clients that poll, each once an interval over a connection of its own that is kept, and what their answers took.
// libuv, one thread, so light that it takes next to nothing from what it measures: 1,000 of them cost about 2% of a
// core.
//
//   uv_pollers PORT CLIENTS INTERVAL_MS
//
// Connects all to 127.0.0.1 and prints "ready". The first line of standard input is the target that they ask for, their
// turns spread evenly over the interval. At its end prints {"polls", "server_errors" (5xx), "others" (neither that nor
// 200), "lost" (connections), "skipped" (turns whose answer before was not there yet), "p50_ms", "p99_ms", "worst_ms"}.
// An answer is timed from the call that sends the request to the last octet.
#include <uv.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "descriptor_limit.hpp"
#include "uv_check.hpp"

namespace {

struct results {
  std::vector<double> ms;
  std::uint64_t server_errors = 0;
  std::uint64_t others = 0;
  std::uint64_t lost = 0;
  std::uint64_t skipped = 0;
};

std::uint64_t number_at(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// Octets of the whole answer that begins `text`; 0 while its head is not there.
std::size_t answer_size(std::string_view text) {
  constexpr std::string_view length = "\r\nContent-Length: ";
  const auto end = text.find("\r\n\r\n");
  if (end == text.npos) return 0;
  const auto field = text.find(length);
  if (field >= end) return end + 4;
  return end + 4 + number_at(text.substr(field + length.size()));
}

class poller {
 public:
  poller(uv_loop_t* loop, results& counted) : counted_(counted) {
    uv_tcp_init(loop, &socket_);
    uv_timer_init(loop, &timer_);
    socket_.data = timer_.data = connect_.data = write_.data = this;
  }
  poller(const poller&) = delete;
  poller& operator=(const poller&) = delete;

  void connect(const sockaddr_in& to, std::size_t& connected) {
    connected_ = &connected;
    const auto done = [](uv_connect_t* request, int status) {
      check(status, "connect");
      ++*of(request->data).connected_;
    };
    check(uv_tcp_connect(&connect_, &socket_, reinterpret_cast<const sockaddr*>(&to), done), "connect");
  }
  void start(const std::string& request, std::uint64_t first_ms, std::uint64_t interval_ms) {
    request_ = &request;
    uv_tcp_nodelay(&socket_, 1);
    uv_read_start(stream(), give_room, on_read);
    uv_timer_start(
        &timer_, [](uv_timer_t* timer) { of(timer->data).ask(); }, first_ms, interval_ms);
  }

 private:
  static poller& of(void* data) { return *static_cast<poller*>(data); }
  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&socket_); }

  static void give_room(uv_handle_t*, std::size_t, uv_buf_t* room) {
    static char block[1 << 16];
    *room = uv_buf_init(block, sizeof block);
  }

  void ask() {
    if (asking_) {
      ++counted_.skipped;
      return;
    }
    asking_ = true;
    asked_at_ = uv_hrtime();
    const uv_buf_t out = uv_buf_init(const_cast<char*>(request_->data()), static_cast<unsigned>(request_->size()));
    const auto sent = [](uv_write_t* request, int status) {
      if (status != 0) of(request->data).lose();
    };
    if (uv_write(&write_, stream(), &out, 1, sent) != 0) lose();
  }

  static void on_read(uv_stream_t* from, ssize_t size, const uv_buf_t* room) {
    poller& self = of(from->data);
    if (size < 0) return self.lose();
    self.answer_.append(room->base, static_cast<std::size_t>(size));
    const std::size_t whole = answer_size(self.answer_);
    if (whole != 0 && self.answer_.size() >= whole) self.take_answer();
  }

  void take_answer() {
    counted_.ms.push_back(static_cast<double>(uv_hrtime() - asked_at_) / 1e6);
    const std::uint64_t status = number_at(std::string_view(answer_).substr(9, 3));  // After "HTTP/1.1 ".
    if (status >= 500)
      ++counted_.server_errors;
    else if (status != 200)
      ++counted_.others;
    answer_.clear();
    asking_ = false;
  }

  void lose() {
    uv_timer_stop(&timer_);
    uv_read_stop(stream());
    if (!lost_) ++counted_.lost;
    lost_ = true;
  }

  results& counted_;
  uv_tcp_t socket_;
  uv_timer_t timer_;
  uv_connect_t connect_;
  uv_write_t write_;
  const std::string* request_ = nullptr;
  std::string answer_;
  std::size_t* connected_ = nullptr;
  std::uint64_t asked_at_ = 0;
  bool asking_ = false;
  bool lost_ = false;
};

/// What standard input says: the first line as soon as it is there, and when it ends.
class orders {
 public:
  explicit orders(uv_loop_t* loop) {
    check(uv_pipe_init(loop, &pipe_, 0), "standard input");
    check(uv_pipe_open(&pipe_, 0), "standard input");
    pipe_.data = this;
    check(uv_read_start(reinterpret_cast<uv_stream_t*>(&pipe_), give_room, on_read), "standard input");
  }
  [[nodiscard]] bool have_line() const { return said_.find('\n') != said_.npos; }
  [[nodiscard]] std::string line() const { return said_.substr(0, said_.find('\n')); }
  [[nodiscard]] bool over() const { return over_; }

 private:
  static void give_room(uv_handle_t*, std::size_t, uv_buf_t* room) {
    static char block[4096];
    *room = uv_buf_init(block, sizeof block);
  }
  static void on_read(uv_stream_t* from, ssize_t size, const uv_buf_t* room) {
    auto& self = *static_cast<orders*>(from->data);
    if (size > 0) self.said_.append(room->base, static_cast<std::size_t>(size));
    if (size < 0) self.over_ = true;
  }
  uv_pipe_t pipe_;
  std::string said_;
  bool over_ = false;
};

double percentile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto place = static_cast<std::size_t>(static_cast<double>(sorted.size()) * share);
  return sorted[std::min(place, sorted.size() - 1)];
}

void print(results& all) {
  std::sort(all.ms.begin(), all.ms.end());
  std::printf(R"({"polls": %zu, "server_errors": %llu, "others": %llu, "lost": %llu, "skipped": %llu, )", all.ms.size(),
              static_cast<unsigned long long>(all.server_errors), static_cast<unsigned long long>(all.others),
              static_cast<unsigned long long>(all.lost), static_cast<unsigned long long>(all.skipped));
  std::printf("\"p50_ms\": %.4f, \"p99_ms\": %.4f, \"worst_ms\": %.4f}\n", percentile(all.ms, 0.5),
              percentile(all.ms, 0.99), all.ms.empty() ? 0.0 : all.ms.back());
}

}  // namespace

int main(int count, char** words) {
  if (count != 4) {
    std::fputs("usage: uv_pollers PORT CLIENTS INTERVAL_MS\n", stderr);
    return 2;
  }
  raise_descriptor_limit();
  const auto clients = static_cast<std::size_t>(number_at(words[2]));
  const std::uint64_t interval_ms = number_at(words[3]);
  sockaddr_in to{};
  check(uv_ip4_addr("127.0.0.1", static_cast<int>(number_at(words[1])), &to), "address");

  uv_loop_t* const loop = uv_default_loop();
  results all;
  std::vector<std::unique_ptr<poller>> pollers;
  std::size_t connected = 0;
  for (std::size_t i = 0; i < clients; ++i) {
    pollers.push_back(std::make_unique<poller>(loop, all));
    pollers.back()->connect(to, connected);
  }
  while (connected < clients) uv_run(loop, UV_RUN_ONCE);
  std::puts("ready");
  std::fflush(stdout);

  orders said(loop);
  while (!said.have_line() && !said.over()) uv_run(loop, UV_RUN_ONCE);
  const std::string request = "GET " + said.line() + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  uv_update_time(loop);
  for (std::size_t i = 0; i < clients; ++i) pollers[i]->start(request, i * interval_ms / clients, interval_ms);
  while (!said.over()) uv_run(loop, UV_RUN_ONCE);
  print(all);
}
