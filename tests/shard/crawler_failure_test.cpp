// What the engine makes of servers that refuse, break off or say nothing.
#include <doctest/doctest.h>

#include <array>
#include <boost/asio/ip/udp.hpp>
#include <memory>
#include <thread>

#include "engine_fixture.hpp"
#include "resolve/scripted_dns.hpp"
#include "scripted_server.hpp"

using namespace trawl;
using namespace trawl::test;

namespace {

/// A port that nobody listens at: taken by a socket that is bound and does not listen.
class closed_port {
 public:
  closed_port() { bound_.bind(tcp::endpoint(asio::ip::address_v4::loopback(), 0)); }
  [[nodiscard]] std::uint16_t number() const { return bound_.local_endpoint().port(); }

 private:
  asio::io_context never_run_;
  acceptor_type bound_{never_run_.get_executor(), tcp::v4()};
};

/// A port whose queue is full: connections to it are neither accepted nor refused.
class full_port {
 public:
  full_port() {
    acceptor_.open(tcp::v4());
    acceptor_.bind(tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    acceptor_.listen(0);
    for (socket_type& each : queue_) each.async_connect(acceptor_.local_endpoint(), [](error_code) {});
  }
  [[nodiscard]] std::uint16_t number() const { return acceptor_.local_endpoint().port(); }

 private:
  asio::io_context never_run_;
  acceptor_type acceptor_{never_run_.get_executor()};
  std::array<socket_type, 3> queue_{socket_type(never_run_.get_executor()), socket_type(never_run_.get_executor()),
                                    socket_type(never_run_.get_executor())};
};

/// A DNS server that takes a while. Names that begin with "no" do not exist, all others are at 127.0.0.1.
class local_dns {
 public:
  explicit local_dns(milliseconds delay) {
    server_.on_question = [this, delay](const dns_question& asked) {
      const auto later = std::make_shared<timer_type>(loop_.get_executor(), delay);
      later->async_wait([this, asked, later](error_code) { server_.send(asked, reply_to(asked)); });
    };
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~local_dns() {
    loop_.stop();
    thread_.join();
  }
  [[nodiscard]] std::string address() const { return server_.address(); }

 private:
  static std::string reply_to(const dns_question& asked) {
    if (asked.name.starts_with("no")) return asked.reply(3);
    return asked.is_a() ? asked.reply(0, {dns_wire::a(asked.name, "127.0.0.1")}) : asked.reply(0);
  }

  asio::io_context loop_{1};
  scripted_dns server_{loop_};
  std::thread thread_;
};

}  // namespace

TEST_CASE("crawler: a refused connection is tried again, and the attempts are counted") {
  engine_fixture engine;
  task_options options;
  options.retries = 1;
  const closed_port closed;
  const std::string dead = "http://127.0.0.1:" + std::to_string(closed.number()) + "/";
  const record only = record_of(engine.run({dead}, options));
  CHECK(only.code == errc::connection_refused);
  CHECK(only.where == phase::connect);
  CHECK(only.attempts == 2);
  CHECK(only.retryable);
  CHECK(only.remote_ip == "127.0.0.1");
  CHECK_FALSE(only.took.has(timing::ttfb));
}

TEST_CASE("crawler: an attempt that succeeds makes a success of what failed before") {
  scripted_server server([](const request& asked) { return asked.of_target == 1 ? status(503) : page("better"); });
  engine_fixture engine;
  const record only = record_of(engine.run({server.url("/")}));
  CHECK(only.ok());
  CHECK(only.attempts == 2);
  CHECK(only.status_code == 200);
}

TEST_CASE("crawler: an error status is told as one, and tried again only if it may pass") {
  scripted_server server([](const request& asked) { return status(std::stoi(asked.target.substr(1))); });
  engine_fixture engine;
  task_options options;
  options.retries = 1;
  const auto task = engine.run({server.url("/404"), server.url("/503")}, options);
  CHECK(record_of(task, 0).code == errc::http_status);
  CHECK(record_of(task, 0).status_code == 404);
  CHECK(record_of(task, 0).attempts == 1);
  CHECK_FALSE(record_of(task, 0).retryable);
  CHECK(record_of(task, 1).attempts == 2);
  CHECK(record_of(task, 1).retryable);
}

TEST_CASE("crawler: a kept connection that dies before its answer is dialled again, and that is no attempt") {
  scripted_server server([](const request& asked) {
    return asked.on_this == 1 ? page("hello") : answer{"", asked.of_target == 1 ? then::close : then::keep};
  });
  engine_fixture engine(two_shards_in_haste(1));
  const auto task = engine.run(numbered(server.url("/"), 6), without_retries());
  CHECK(task->counts().ok == 6);
  for (std::uint32_t index = 0; index < 6; ++index) CHECK(record_of(task, index).attempts == 1);
  CHECK(server.seen().connections == 6);
  CHECK(server.seen().requests == 11);
}

TEST_CASE("crawler: what a kept connection brings that is no response is not held against the next fetch") {
  scripted_server server(
      [](const request& asked) { return asked.on_this == 1 ? page("hello") : answer{"a body that came after HEAD"}; });
  engine_options options = two_shards();
  options.host_concurrency = 1;
  options.host_delay_ms = 0;
  engine_fixture engine(options);
  const auto task = engine.run(numbered(server.url("/"), 6), without_retries());
  CHECK(task->counts().ok == 6);
  for (std::uint32_t index = 0; index < 6; ++index) CHECK(record_of(task, index).attempts == 1);
  CHECK(server.seen().connections == 6);
}

TEST_CASE("crawler: a new connection that brings no response has one fetch to answer for") {
  scripted_server server([](const request&) { return answer{"SSH-2.0-OpenSSH_9.2\r\n"}; });
  engine_fixture engine;
  const auto task = engine.run({server.url("/")}, without_retries());
  CHECK(record_of(task, 0).code == errc::http_protocol_error);
  CHECK(server.seen().connections == 1);
}

TEST_CASE("crawler: it is dialled again once, not for ever") {
  scripted_server server([](const request& asked) {
    return asked.target == "/ok" ? page("hello") : answer{"", then::reset};
  });
  engine_fixture engine(two_shards_in_haste(1));
  const auto task = engine.run({server.url("/ok"), server.url("/never")}, without_retries());
  CHECK(record_of(task, 1).code == errc::connection_terminated);
  CHECK(record_of(task, 1).where == phase::ttfb);
  CHECK(record_of(task, 1).attempts == 1);
  CHECK(server.asked_for("/never") == 2);
}

TEST_CASE("crawler: a server that closes after each answer without saying so loses no URL") {
  scripted_server server([](const request&) { return page("bye", then::close); });
  engine_fixture engine;
  const auto task = engine.run(numbered(server.url("/"), 100), without_retries());
  CHECK(task->counts().ok == 100);
}

TEST_CASE("crawler: names that do not exist do not wait for each other as hosts do") {
  const local_dns dns(0ms);
  engine_options options = two_shards();
  options.dns_server = {dns.address()};
  engine_fixture engine(options);
  const auto task = engine.run(numbered("http://nowhere.test/", 200));
  CHECK(ended_as(task, errc::dns_error) == 200);
  CHECK(record_of(task, 199).where == phase::dns);
  CHECK(record_of(task, 199).took.get(timing::queue) < 4'000'000);  // With 50 ms between any two: 10 s.
}

// ---- timeouts ------------------------------------------------------------------------------------

TEST_CASE("crawler: a server that does not answer in time is told by what it did not do") {
  scripted_server server([](const request& asked) {
    if (asked.target == "/body") return answer{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", then::stall};
    if (asked.target == "/head") return answer{"HTTP/1.1 200 OK\r\nContent-", then::stall};
    return silence();
  });
  engine_fixture engine;
  task_options options = without_retries();
  options.timeout_ms = 50;
  const auto task = engine.run({server.url("/silent"), server.url("/head"), server.url("/body")}, options);
  CHECK(record_of(task, 0).code == errc::http_response_timeout);
  CHECK(record_of(task, 0).where == phase::ttfb);
  CHECK(record_of(task, 0).detail.find("timeout_ms, 50") != std::string_view::npos);
  CHECK(record_of(task, 1).code == errc::http_response_timeout);
  CHECK(record_of(task, 2).code == errc::connection_read_timeout);
  CHECK(record_of(task, 2).where == phase::transfer);
  CHECK(record_of(task, 2).status_code == 200);
  CHECK(record_of(task, 2).content_length == 4);
  for (std::uint32_t index = 0; index < 3; ++index) {
    CHECK(record_of(task, index).took.get(timing::total) >= 50'000);
    CHECK(record_of(task, index).retryable);
  }
  CHECK(server.sees([](const auto& seen) { return seen.open == 0; }));
}

TEST_CASE("crawler: a TLS handshake that does not come about ends with connect_timeout_ms") {
  scripted_server server([](const request&) { return silence(); });
  engine_fixture engine;
  task_options options = without_retries();
  options.connect_timeout_ms = 50;
  const record only = record_of(engine.run({"https://127.0.0.1:" + std::to_string(server.port()) + "/"}, options));
  CHECK(only.code == errc::connection_timeout);
  CHECK(only.where == phase::tls);
  CHECK(only.detail.find("connect_timeout_ms, 50") != std::string_view::npos);
  CHECK(server.sees([](const auto& seen) { return seen.open == 0; }));
}

TEST_CASE("crawler: a connection that is not accepted ends with connect_timeout_ms") {
  const full_port full;
  engine_fixture engine;
  task_options options = without_retries();
  options.connect_timeout_ms = 50;
  const record only = record_of(engine.run({"http://127.0.0.1:" + std::to_string(full.number()) + "/"}, options));
  CHECK(only.code == errc::connection_timeout);
  CHECK(only.where == phase::connect);
  CHECK(only.remote_ip == "127.0.0.1");
}

TEST_CASE("crawler: a DNS server that says nothing ends with connect_timeout_ms, in phase dns") {
  asio::io_context loop;
  asio::ip::udp::socket deaf(loop, asio::ip::udp::endpoint(asio::ip::address_v4::loopback(), 0));
  engine_options silent = two_shards();
  silent.dns_server = {"127.0.0.1:" + std::to_string(deaf.local_endpoint().port())};
  engine_fixture engine(silent);
  task_options options = without_retries();
  options.connect_timeout_ms = 50;
  const record only = record_of(engine.run({"http://name.test/"}, options));
  CHECK(only.code == errc::dns_timeout);
  CHECK(only.where == phase::dns);
  CHECK(only.retryable);
  CHECK(only.remote_ip.empty());
}

TEST_CASE("crawler: while a name waits in our own queue no timeout runs") {
  const local_dns dns(250ms);
  scripted_server server;
  engine_options options = two_shards();
  options.threads = 1;
  options.dns_server = {dns.address()};
  engine_fixture engine(options);
  task_options impatient = without_retries();
  impatient.timeout_ms = 1500;
  std::vector<std::string> urls;
  for (int i = 0; i < 1000; ++i) urls.push_back(server.url("/", "n" + std::to_string(i) + ".test"));
  const auto task = engine.run(urls, impatient);
  CHECK(task->counts().ok == 1000);  // A hundred names each 300 ms.
  std::int64_t longest_queued = 0;
  for (std::uint32_t index = 0; index < 1000; ++index)
    longest_queued = std::max(longest_queued, record_of(task, index).took.get(timing::queue));
  CHECK(longest_queued > 1'500'000);
}

TEST_CASE("crawler: the hops of an attempt share its timeout") {
  scripted_server server([](const request& asked) {
    if (asked.target.size() > 2) return silence();
    answer reply = redirect_to(asked.target + "x");
    return reply;
  });
  engine_fixture engine;
  task_options options = without_retries();
  options.timeout_ms = 80;
  const record only = record_of(engine.run({server.url("/")}, options));
  CHECK(only.code == errc::http_response_timeout);
  CHECK(only.redirects.size() == 2);
  CHECK(only.took.get(timing::total) >= 80'000);
  CHECK(only.took.get(timing::total) < 2'000'000);
}
