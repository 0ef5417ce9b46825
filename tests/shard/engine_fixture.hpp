// The whole engine on a home loop that a test drives, and its records by index.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "outcome/failure.hpp"
#include "shard/crawler.hpp"
#include "task/task_builder.hpp"
#include "url/url.hpp"

namespace trawl {

inline std::ostream& operator<<(std::ostream& out, errc code) { return out << '"' << code_token(code) << '"'; }
inline std::ostream& operator<<(std::ostream& out, phase where) { return out << '"' << phase_name(where) << '"'; }
inline std::ostream& operator<<(std::ostream& out, task_status which) { return out << status_name(which); }

}  // namespace trawl

namespace trawl::test {

using namespace std::chrono_literals;
using tracked = std::shared_ptr<tracked_task>;

inline engine_options two_shards() {
  engine_options options;
  options.threads = 2;
  options.dns_server = {"127.0.0.1:1"};  // Nobody is asked by accident.
  return options;
}

/// The same, with at most so many connections to a host, and no pause between two fetches.
inline engine_options two_shards_in_haste(std::uint32_t host_concurrency) {
  engine_options options = two_shards();
  options.host_concurrency = host_concurrency;
  options.host_delay_ms = 0;
  return options;
}

inline std::vector<std::string> numbered(const std::string& prefix, int count) {
  std::vector<std::string> urls;
  for (int i = 0; i < count; ++i) urls.push_back(prefix + std::to_string(i));
  return urls;
}

class engine_fixture {
 public:
  explicit engine_fixture(const engine_options& options = two_shards())
      : machine(std::in_place, options, home.get_executor()) {}

  tracked submit(const std::vector<std::string>& urls, const task_options& options = {}) {
    task_builder builder(machine->shards());
    for (const std::string& each : urls) builder.add_url(each);
    builder.options() = options;
    return machine->submit(builder.finish());
  }
  /// Drives the home loop; false when `reached` does not come about.
  template <class Predicate>
  bool until(Predicate reached) {
    for (const time_point limit = clock::now() + 60s; !reached();) {
      if (clock::now() > limit) return false;
      home.restart();
      home.run_one_for(20ms);
    }
    return true;
  }
  bool ended(const tracked& which) {
    return until([&] { return !which->running(); });
  }
  /// Submits and waits for the end.
  tracked run(const std::vector<std::string>& urls, const task_options& options = {}) {
    auto which = submit(urls, options);
    ended(which);
    return which;
  }
  void shut_down(milliseconds drain) {
    bool over = false;
    asio::co_spawn(home, machine->shut_down(drain), [&](std::exception_ptr) { over = true; });
    until([&] { return over; });
  }

  asio::io_context home{1};
  std::optional<crawler> machine;
};

inline task_options without_retries() {
  task_options options;
  options.retries = 0;
  return options;
}

/// The record of input `index`; without `url` when there is none.
inline record record_of(const tracked& which, std::uint32_t index = 0) {
  record found;
  which->get().read(index, found);
  return found;
}

inline std::uint32_t ended_as(const tracked& which, errc code) {
  return code == errc::none ? which->counts().ok : which->counts().by_code[static_cast<std::size_t>(code)];
}

/// A name whose host, at that port, belongs to that one of two shards.
inline std::string name_on_shard(std::size_t shard, std::uint16_t port) {
  for (int n = 0;; ++n) {
    const std::string name = "h" + std::to_string(n) + ".test";
    url parsed;
    if (parsed.parse("http://" + name + ":" + std::to_string(port) + "/") != url_errc::ok) continue;
    if (host_hash(parsed) % 2 == shard) return name;
  }
}

}  // namespace trawl::test
