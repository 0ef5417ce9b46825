// A resolver on a loop of its own, before servers that a test scripts.
#pragma once

#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "resolve/ares_resolver.hpp"
#include "resolve/scripted_dns.hpp"

namespace trawl::test {

using namespace std::chrono_literals;
using list = std::vector<std::string>;

inline list texts(const resolve_outcome& outcome) {
  list all;
  if (outcome)
    for (const auto& each : outcome->addresses) all.push_back(each.to_string());
  return all;
}

// One wait for a name and what became of it.
struct wait_for {
  lookup handle;
  std::optional<resolve_outcome> outcome;
  [[nodiscard]] bool done() const { return outcome.has_value(); }
};

inline awaitable<void> resolve_into(ares_resolver& resolver, std::string name, std::uint16_t port, wait_for& one) {
  one.outcome = co_await resolver.resolve(std::move(name), port, one.handle);
}

inline void rethrow(std::exception_ptr failed) {
  if (failed) std::rethrow_exception(failed);
}

// A loop with its deadlines, as a shard has them.
struct shard_loop {
  asio::io_context loop{1};
  deadline_queue deadlines;
  timer_type driver{loop.get_executor()};

  shard_loop() { drive(); }
  void drive() {
    driver.expires_after(2ms);
    driver.async_wait([this](error_code ec) {
      if (ec) return;
      deadlines.run(clock::now());
      drive();
    });
  }
  void run_until(const std::function<bool()>& done) {
    const time_point limit = clock::now() + 20s;
    while (!done() && clock::now() < limit) loop.run_one_until(limit);
    REQUIRE(done());
  }
  void after(milliseconds delay, std::function<void()> then) {
    auto timer = std::make_shared<timer_type>(loop.get_executor(), delay);
    timer->async_wait([timer, then = std::move(then)](error_code) { then(); });
  }
  void start(ares_resolver& resolver, const std::string& name, wait_for& one) {
    asio::co_spawn(loop.get_executor(), resolve_into(resolver, name, 80, one), rethrow);
  }
  resolve_outcome ask(ares_resolver& resolver, const std::string& name) {
    wait_for one;
    start(resolver, name, one);
    run_until([&] { return one.done(); });
    return *one.outcome;
  }
  /// Lets everything happen that is ready.
  void settle() {
    while (loop.poll_one() > 0) {
    }
  }
};

inline resolver_options options_for(list servers) {
  resolver_options options;
  options.servers = std::move(servers);
  options.hosts_file = "/nonexistent/hosts";
  options.families = family_plan::a_then_aaaa;
  return options;
}

// A resolver before a scripted server.
struct scripted {
  shard_loop shard;
  scripted_dns server{shard.loop};
  ares_resolver resolver;

  explicit scripted(const std::function<void(resolver_options&)>& change = [](resolver_options&) {})
      : resolver(shard.loop.get_executor(), shard.deadlines, make(change)) {}
  resolver_options make(const std::function<void(resolver_options&)>& change) {
    resolver_options options = options_for({server.address()});
    change(options);
    return options;
  }
  void answer_all(const char* address, std::uint32_t ttl = 60) {
    server.on_question = [this, address, ttl](const dns_question& q) {
      server.send(q, q.reply(0, {dns_wire::a(q.name, address, ttl)}));
    };
  }
  void answer_rcode(unsigned rcode) {
    server.on_question = [this, rcode](const dns_question& q) { server.send(q, q.reply(rcode)); };
  }
  resolve_outcome ask(const std::string& name) { return shard.ask(resolver, name); }
};

}  // namespace trawl::test
