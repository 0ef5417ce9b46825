// The origin of what nginx cannot do: it answers after a time of the client's choosing, on many addresses and for
// as many connections as the process may open. libuv, so that Asio is not measured against Asio. One thread.
//
//   uv_origin ADDRESS...      listens on one port of all of them, prints it as {"port": N}, stays until SIGTERM
//
// GET /after/MS/anything is answered after MS milliseconds, any other path at once: 200 and a page of the size nginx
// gives. GET /_stats tells what was done, and counts as nothing. HTTP/1.1 without bodies of requests and without
// pipelining: what follows a request before its answer ends the connection.
#include <uv.h>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descriptor_limit.hpp"
#include "uv_check.hpp"

namespace {

constexpr std::size_t page_bytes = 1130;
constexpr std::size_t longest_head = 8192;
constexpr int backlog = 4096;

struct counts {
  std::uint64_t answered = 0;
  std::uint64_t accepted = 0;
  std::uint64_t open = 0;
  std::uint64_t most_open = 0;
};

std::string response(std::string_view type, std::string_view body) {
  return "HTTP/1.1 200 OK\r\nServer: uv\r\nContent-Type: " + std::string(type) +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

/// The target of a request line, "/" if there is none.
std::string_view target_of(std::string_view head) {
  const auto begin = head.find(' ');
  if (begin == head.npos) return "/";
  const auto end = head.find(' ', begin + 1);
  return end == head.npos ? "/" : head.substr(begin + 1, end - begin - 1);
}

/// How long "/after/MS/…" wants to wait; 0 for any other target.
std::uint64_t delay_ms(std::string_view target) {
  constexpr std::string_view prefix = "/after/";
  std::uint64_t wanted = 0;
  if (target.starts_with(prefix)) std::from_chars(target.data() + prefix.size(), target.data() + target.size(), wanted);
  return wanted;
}

/// One client. It owns itself: its two handles are closed together, and the second to be gone deletes it.
class connection {
 public:
  static void accept(uv_stream_t* listener, counts& counted) {
    auto* made = new connection(listener->loop, counted);
    if (uv_accept(listener, made->stream()) != 0) return made->close();
    uv_tcp_nodelay(&made->socket_, 1);
    uv_read_start(made->stream(), give_room, on_read);
  }

 private:
  connection(uv_loop_t* loop, counts& counted) : counts_(counted) {
    uv_tcp_init(loop, &socket_);
    uv_timer_init(loop, &timer_);
    socket_.data = timer_.data = write_.data = this;
    ++counts_.accepted;
    if (++counts_.open > counts_.most_open) counts_.most_open = counts_.open;
  }
  ~connection() { --counts_.open; }

  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&socket_); }
  static connection& of(void* data) { return *static_cast<connection*>(data); }

  /// All connections read into one block: what is read is taken over before the next read.
  static void give_room(uv_handle_t*, std::size_t, uv_buf_t* room) {
    static char block[1 << 16];
    *room = uv_buf_init(block, sizeof block);
  }

  static void on_read(uv_stream_t* from, ssize_t size, const uv_buf_t* room) {
    auto& self = of(from->data);
    if (size == 0) return;
    if (size < 0 || self.busy_) return self.close();
    self.head_.append(room->base, static_cast<std::size_t>(size));
    if (self.head_.ends_with("\r\n\r\n")) return self.serve();
    if (self.head_.size() > longest_head) self.close();
  }

  void serve() {
    busy_ = true;
    const auto target = target_of(head_);
    if (target == "/_stats") return tell();
    if (const auto wait = delay_ms(target)) {
      uv_timer_start(
          &timer_, [](uv_timer_t* timer) { of(timer->data).answer(page()); }, wait, 0);
    } else {
      answer(page());
    }
    ++counts_.answered;
  }

  void tell() {
    told_ = response("application/json", R"({"answered": )" + std::to_string(counts_.answered) + R"(, "accepted": )" +
                                             std::to_string(counts_.accepted) + R"(, "open": )" +
                                             std::to_string(counts_.open) + R"(, "most_open": )" +
                                             std::to_string(counts_.most_open) + "}\n");
    answer(told_);
  }

  static const std::string& page() {
    static const std::string text = response("text/html", std::string(page_bytes - 1, 'x') + "\n");
    return text;
  }

  /// `text` must stay until it is written.
  void answer(const std::string& text) {
    head_.clear();
    auto buffer = uv_buf_init(const_cast<char*>(text.data()), static_cast<unsigned>(text.size()));
    const int sent = uv_try_write(stream(), &buffer, 1);
    if (sent == static_cast<int>(text.size())) {
      busy_ = false;
      return;
    }
    if (sent > 0) buffer = uv_buf_init(buffer.base + sent, buffer.len - static_cast<unsigned>(sent));
    const int status = uv_write(&write_, stream(), &buffer, 1, [](uv_write_t* written, int failed) {
      auto& self = of(written->data);
      self.busy_ = false;
      if (failed) self.close();
    });
    if (status != 0) close();
  }

  void close() {
    if (std::exchange(closing_, true)) return;
    const auto gone = [](uv_handle_t* handle) {
      auto& self = of(handle->data);
      if (++self.handles_gone_ == 2) delete &self;
    };
    uv_close(reinterpret_cast<uv_handle_t*>(&socket_), gone);
    uv_close(reinterpret_cast<uv_handle_t*>(&timer_), gone);
  }

  counts& counts_;
  uv_tcp_t socket_;
  uv_timer_t timer_;
  uv_write_t write_;
  std::string head_;
  std::string told_;
  bool busy_ = false;
  bool closing_ = false;
  int handles_gone_ = 0;
};

/// Binds `listener`; 0 as `port` lets the kernel choose. False if the port is taken there.
bool bind_to(uv_tcp_t& listener, const char* address, int port) {
  sockaddr_in at{};
  check(uv_ip4_addr(address, port, &at), address);
  check(uv_tcp_bind(&listener, reinterpret_cast<const sockaddr*>(&at), 0), address);
  // libuv keeps a refused bind back until listen().
  return uv_listen(reinterpret_cast<uv_stream_t*>(&listener), backlog, [](uv_stream_t* from, int status) {
           if (status == 0) connection::accept(from, *static_cast<counts*>(from->data));
         }) == 0;
}

int port_of(const uv_tcp_t& listener) {
  sockaddr_in at{};
  int size = sizeof at;
  check(uv_tcp_getsockname(&listener, reinterpret_cast<sockaddr*>(&at), &size), "getsockname");
  return ntohs(at.sin_port);
}

/// Listens on one port of all addresses and returns it; 0 if the port the kernel chose is taken on one of them.
int listen_on_all(uv_loop_t& loop, std::vector<std::unique_ptr<uv_tcp_t>>& listeners, int count, char** addresses,
                  counts& counted) {
  int port = 0;
  for (int n = 0; n < count; ++n) {
    auto& listener = *listeners.emplace_back(std::make_unique<uv_tcp_t>());
    check(uv_tcp_init(&loop, &listener), "init");
    listener.data = &counted;
    if (!bind_to(listener, addresses[n], port)) return 0;
    if (n == 0) port = port_of(listener);
  }
  return port;
}

void close_all(uv_loop_t& loop, std::vector<std::unique_ptr<uv_tcp_t>>& listeners) {
  for (auto& listener : listeners) uv_close(reinterpret_cast<uv_handle_t*>(listener.get()), nullptr);
  uv_run(&loop, UV_RUN_DEFAULT);
  listeners.clear();
}

}  // namespace

int main(int count, char** words) {
  if (count < 2) return std::fputs("usage: uv_origin ADDRESS...\n", stderr), 2;
  raise_descriptor_limit();

  uv_loop_t& loop = *uv_default_loop();
  counts counted;
  std::vector<std::unique_ptr<uv_tcp_t>> listeners;
  int port = 0;
  for (int tries = 0; tries < 50 && port == 0; ++tries) {
    port = listen_on_all(loop, listeners, count - 1, words + 1, counted);
    if (port == 0) close_all(loop, listeners);
  }
  if (port == 0) return std::fputs("uv_origin: no port is free on all addresses\n", stderr), 1;
  std::printf("{\"port\": %d}\n", port);
  std::fflush(stdout);
  return uv_run(&loop, UV_RUN_DEFAULT);
}
