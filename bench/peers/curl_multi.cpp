// A peer: libcurl's multi interface, driven as its documentation advises for many transfers at once
// (curl_multi_socket_action with an event loop of one's own: epoll and its timeout). Handles are reused for the next
// URL, and connections, DNS answers and TLS sessions are shared by all of them.
//
//   curl_multi URL_FILE CONNECTIONS [CA_FILE|- [RESOLVE_FILE]]
//
// URL_FILE has a URL a line; RESOLVE_FILE a HOST:PORT:ADDRESS a line, for hosts that no name server is asked for.
// Prints {"ok": N, "failed": N, "octets": N, "connections": N}; a status of 400 or more has failed. One thread, but for
// libcurl's own, by which Debian's build looks up names.
#include <curl/curl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "descriptor_limit.hpp"

namespace {

using clock = std::chrono::steady_clock;

constexpr int events_a_turn = 256;

struct totals {
  std::size_t ok = 0;
  std::size_t failed = 0;
  std::size_t octets = 0;
  long connections = 0;
};

std::vector<std::string> lines_of(const char* path) {
  std::ifstream file(path);
  if (!file) std::fprintf(stderr, "curl_multi: cannot read %s\n", path), std::exit(1);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::size_t count_octets(char*, std::size_t size, std::size_t count, void* into) {
  static_cast<totals*>(into)->octets += size * count;
  return size * count;
}

/// What is asked of every transfer.
struct settings {
  const char* ca_file = nullptr;
  curl_slist* resolve = nullptr;
  CURLSH* share = nullptr;
};

class client {
 public:
  client(std::vector<std::string> urls, const settings& chosen) : urls_(std::move(urls)), settings_(chosen) {
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, watch);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  }

  totals run(std::size_t connections) {
    // Idle ones too, or the connection of the next host is closed to make room for that of the last.
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(connections * 3 / 2 + 64));
    for (std::size_t n = 0; n < connections && next_ < urls_.size(); ++n) start(make_handle());
    action(CURL_SOCKET_TIMEOUT, 0);
    while (running_ > 0) turn();
    return totals_;
  }

 private:
  CURL* make_handle() {
    CURL* easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, count_octets);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &totals_);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, 20L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_IPRESOLVE, static_cast<long>(CURL_IPRESOLVE_V4));
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_SHARE, settings_.share);
    if (settings_.ca_file) curl_easy_setopt(easy, CURLOPT_CAINFO, settings_.ca_file);
    if (settings_.resolve) curl_easy_setopt(easy, CURLOPT_RESOLVE, settings_.resolve);
    return easy;
  }

  void start(CURL* easy) {
    curl_easy_setopt(easy, CURLOPT_URL, urls_[next_++].c_str());
    curl_multi_add_handle(multi_, easy);
    ++running_;
  }

  void action(curl_socket_t socket, int what) {
    int still_running = 0;
    curl_multi_socket_action(multi_, socket, what, &still_running);
    collect();
  }

  /// One wait, and what it brought.
  void turn() {
    std::array<epoll_event, events_a_turn> events;
    const int count = epoll_wait(epoll_, events.data(), events_a_turn, wait_ms());
    for (int n = 0; n < count; ++n) {
      const auto& event = events[static_cast<std::size_t>(n)];
      const int what = (event.events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                       (event.events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                       (event.events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
      action(event.data.fd, what);
    }
    if (clock::now() < wake_) return;
    wake_ = clock::time_point::max();  // libcurl's timer is of one shot; it may set it anew while it is served.
    action(CURL_SOCKET_TIMEOUT, 0);
  }

  int wait_ms() const {
    if (wake_ == clock::time_point::max()) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(wake_ - clock::now()).count();
    return left > 0 ? static_cast<int>(left) : 0;
  }

  void collect() {
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg == CURLMSG_DONE) finish(message->easy_handle, message->data.result);
    }
  }

  void finish(CURL* easy, CURLcode result) {
    long status = 0, connects = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connects);
    totals_.connections += connects;
    const bool ok = result == CURLE_OK && status < 400;
    ++(ok ? totals_.ok : totals_.failed);
    if (!ok && totals_.failed == 1) std::fprintf(stderr, "curl_multi: %ld %s\n", status, curl_easy_strerror(result));
    curl_multi_remove_handle(multi_, easy);
    --running_;
    if (next_ < urls_.size()) return start(easy);
    curl_easy_cleanup(easy);
  }

  static int watch(CURL*, curl_socket_t socket, int what, void* data, void* known) {
    auto& self = *static_cast<client*>(data);
    if (what == CURL_POLL_REMOVE) return epoll_ctl(self.epoll_, EPOLL_CTL_DEL, socket, nullptr), 0;
    epoll_event event{};
    event.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
    event.data.fd = socket;
    epoll_ctl(self.epoll_, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event);
    if (!known) curl_multi_assign(self.multi_, socket, data);  // Anything but null: it is in the set.
    return 0;
  }

  static int set_timer(CURLM*, long timeout_ms, void* data) {
    auto& wake = static_cast<client*>(data)->wake_;
    wake = timeout_ms < 0 ? clock::time_point::max() : clock::now() + std::chrono::milliseconds(timeout_ms);
    return 0;
  }

  std::vector<std::string> urls_;
  const settings& settings_;
  CURLM* multi_ = curl_multi_init();
  int epoll_ = epoll_create1(EPOLL_CLOEXEC);
  std::size_t next_ = 0;
  std::size_t running_ = 0;
  clock::time_point wake_ = clock::time_point::max();  ///< When libcurl wants to be called whatever happens.
  totals totals_;
};

}  // namespace

int main(int count, char** words) {
  if (count < 3) return std::fputs("usage: curl_multi URL_FILE CONNECTIONS [CA_FILE|- [RESOLVE_FILE]]\n", stderr), 2;
  raise_descriptor_limit();

  curl_global_init(CURL_GLOBAL_ALL);
  settings chosen;
  chosen.share = curl_share_init();
  curl_share_setopt(chosen.share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  if (count > 3 && std::string(words[3]) != "-") chosen.ca_file = words[3];
  if (count > 4) {
    for (const auto& line : lines_of(words[4])) chosen.resolve = curl_slist_append(chosen.resolve, line.c_str());
  }
  client peer(lines_of(words[1]), chosen);
  const totals done = peer.run(std::strtoul(words[2], nullptr, 10));
  std::printf("{\"ok\": %zu, \"failed\": %zu, \"octets\": %zu, \"connections\": %ld}\n", done.ok, done.failed,
              done.octets, done.connections);
  return 0;
}
