#include "shard/crawler.hpp"

#include <doctest/doctest.h>

#include "base/bell.hpp"
#include "engine_fixture.hpp"
#include "fetch/lane.hpp"
#include "scripted_server.hpp"

using namespace trawl;
using namespace trawl::test;

// ---- the plain way -------------------------------------------------------------------------------

TEST_CASE("crawler: every URL of a host gets its record, over few connections") {
  scripted_server server;
  engine_fixture engine;
  const auto task = engine.run(numbered(server.url("/"), 500));
  CHECK(task->status() == task_status::done);
  CHECK(task->counts().ok == 500);
  for (std::uint32_t index : {0U, 250U, 499U}) {
    const record each = record_of(task, index);
    CHECK(each.url == server.url("/" + std::to_string(index)));
    CHECK(each.status_code == 200);
    CHECK(each.attempts == 1);
    CHECK(each.has_body);
    CHECK(each.content_length == 5);
    CHECK(each.content_type == "text/plain");
    CHECK(each.remote_ip == "127.0.0.1");
    CHECK(each.timestamp > 1'700'000'000);
    CHECK(each.took.has(timing::total));
    CHECK(each.detail.empty());
    CHECK(each.where == phase::none);
  }
  CHECK(server.seen().requests == 500);
}

namespace {

std::uint64_t ticks(const engine_fixture& of) {
  std::uint64_t sum = 0;
  for (const std::uint64_t each : of.machine->totals().home_delay.in) sum += each;
  return sum;
}

}  // namespace

// A tick finds what came, too, but no earlier than the next one.
TEST_CASE("crawler: whoever waits for a record is told when it comes") {
  scripted_server server([](const request& asked) { return asked.target == "/stall" ? silence() : page("fine"); });
  engine_fixture engine;
  int told_between_ticks = 0;
  for (int i = 0; i < 30; ++i) {
    const std::uint64_t before = ticks(engine);
    const auto task = engine.submit({server.url("/stall"), server.url("/a")});
    bell waits(engine.home.get_executor());
    bool told = false;
    task->listen(waits);
    asio::co_spawn(engine.home, waits.wait(), [&](const std::exception_ptr&) { told = true; });
    REQUIRE(engine.until([&] { return told; }));
    CHECK(task->counts().done == 1);
    if (ticks(engine) == before) ++told_between_ticks;
    engine.machine->cancel(*task);
    CHECK(engine.ended(task));
  }
  CHECK(told_between_ticks >= 10);  // On a busy machine a tick may come between.
}

TEST_CASE("crawler: a connection is used again for the next URL of its host") {
  scripted_server server;
  engine_fixture engine(two_shards_in_haste(1));
  CHECK(engine.run(numbered(server.url("/"), 20))->counts().ok == 20);
  CHECK(engine.run(numbered(server.url("/later"), 20))->counts().ok == 20);
  CHECK(server.seen().requests == 40);
  CHECK(server.seen().connections == 1);
}

TEST_CASE("crawler: a task from behind a proxy does not ride to loopback on a connection of another") {
  scripted_server server;
  engine_options options = two_shards();
  options.host_concurrency = 1;
  engine_fixture engine(options);
  CHECK(engine.run({server.url("/local")})->counts().ok == 1);
  task_builder builder(engine.machine->shards());
  builder.add_url(server.url("/from-afar"));
  builder.set_through_proxy(true);
  const auto from_afar = engine.machine->submit(builder.finish());
  CHECK(engine.ended(from_afar));
  CHECK(record_of(from_afar).code == errc::destination_ip_prohibited);
  CHECK(record_of(from_afar).where == phase::policy);
  CHECK(engine.run({server.url("/local-again")})->counts().ok == 1);
  CHECK(server.seen().requests == 2);
}

TEST_CASE("crawler: without keep_alive every fetch has a connection of its own") {
  scripted_server server;
  engine_fixture engine;
  task_options options;
  options.keep_alive = false;
  CHECK(engine.run(numbered(server.url("/"), 20), options)->counts().ok == 20);
  CHECK(server.seen().connections == 20);
  CHECK(server.sees([](const auto& seen) { return seen.open == 0; }));
}

TEST_CASE("crawler: no more fetches are in flight than allowed, over all hosts and shards") {
  std::vector<std::unique_ptr<scripted_server>> servers;
  std::vector<std::string> urls;
  for (int i = 0; i < 6; ++i) {
    servers.push_back(std::make_unique<scripted_server>());
    for (const std::string& each : numbered(servers.back()->url("/"), 50)) urls.push_back(each);
  }
  engine_options options = two_shards();
  options.max_in_flight = 3;
  engine_fixture engine(options);
  task_options each_alone;
  each_alone.keep_alive = false;
  const auto task = engine.run(urls, each_alone);
  CHECK(task->counts().ok == 300);
}

TEST_CASE("crawler: a task's own host_concurrency bounds the connections of its hosts") {
  scripted_server server;
  engine_fixture engine;
  task_options options;
  options.host_concurrency = 2;
  CHECK(engine.run(numbered(server.url("/"), 100), options)->counts().ok == 100);
  CHECK(server.seen().most_open <= 2);
}

TEST_CASE("crawler: no more connections are kept than there may be fetches in flight") {
  scripted_server server;
  engine_options options = two_shards();
  options.threads = 1;
  options.max_in_flight = 4;
  std::vector<std::string> urls;
  for (int i = 0; i < 60; ++i) {
    const std::string name = "n" + std::to_string(i) + ".test";
    options.resolve.push_back({name, server.port(), "127.0.0.1"});
    urls.push_back(server.url("/", name));
  }
  engine_fixture engine(options);
  CHECK(engine.run(urls)->counts().ok == 60);
  CHECK(server.sees([](const auto& seen) { return seen.open <= 4; }, lane::idle_time / 2));
}

TEST_CASE("crawler: equal inputs are fetched each on its own") {
  scripted_server server;
  engine_fixture engine;
  const auto task = engine.run({server.url("/same"), server.url("/other"), server.url("/same"), server.url("/same")});
  CHECK(task->counts().ok == 4);
  CHECK(server.asked_for("/same") == 3);
}

TEST_CASE("crawler: an empty task is done at once") {
  engine_fixture engine;
  const auto task = engine.submit({});
  CHECK_FALSE(task->running());
  CHECK(task->status() == task_status::done);
}

TEST_CASE("crawler: what is no URL we fetch gets a record that says so, and holds nothing up") {
  scripted_server server;
  engine_fixture engine;
  const auto task = engine.run({"nonsense", server.url("/"), "ftp://a.test/", "", "http://"});
  CHECK(task->status() == task_status::done);
  CHECK(task->counts().ok == 1);
  CHECK(record_of(task, 0).code == errc::invalid_url);
  CHECK(record_of(task, 0).where == phase::input);
  CHECK(record_of(task, 0).attempts == 0);
  CHECK(record_of(task, 0).timestamp > 1'700'000'000);
  CHECK_FALSE(record_of(task, 0).detail.empty());
  CHECK(record_of(task, 2).code == errc::unsupported_scheme);
  CHECK(record_of(task, 3).code == errc::invalid_url);
  CHECK(record_of(task, 4).code == errc::invalid_url);
}

TEST_CASE("crawler: five thousand inputs that are no URLs are recorded by turns") {
  engine_fixture engine;
  const auto task = engine.run(numbered("no url ", 5000));
  CHECK(ended_as(task, errc::invalid_url) == 5000);
}

TEST_CASE("crawler: two hundred small tasks at once all end, each with its own records") {
  scripted_server one, two;
  engine_fixture engine;
  std::vector<tracked> tasks;
  for (int i = 0; i < 200; ++i)
    tasks.push_back(engine.submit({one.url("/a" + std::to_string(i)), two.url("/b" + std::to_string(i)), "nonsense"}));
  for (const tracked& each : tasks) {
    REQUIRE(engine.ended(each));
    CHECK(each->status() == task_status::done);
    CHECK(each->counts().ok == 2);
    CHECK(each->counts().failed() == 1);
  }
  CHECK(one.seen().requests == 200);
  CHECK(two.seen().requests == 200);
}

// ---- redirects -----------------------------------------------------------------------------------

TEST_CASE("crawler: a redirect is followed to where it leads, and told") {
  scripted_server server([](const request& asked) {
    if (asked.target == "/start") return redirect_to("/middle", 301);
    if (asked.target == "/middle") return redirect_to("end?x", 307);
    return page("here");
  });
  engine_fixture engine;
  const auto task = engine.run({server.url("/start")});
  const record only = record_of(task);
  CHECK(only.ok());
  CHECK(only.final_url == server.url("/end?x"));
  REQUIRE(only.redirects.size() == 2);
  CHECK(only.redirects[0].status_code == 301);
  CHECK(only.redirects[0].url == server.url("/start"));
  CHECK(only.redirects[1].status_code == 307);
  CHECK(only.redirects[1].url == server.url("/middle"));
  CHECK(only.attempts == 1);
  CHECK(only.content_length == 4);
}

TEST_CASE("crawler: redirects lead from shard to shard and back") {
  scripted_server there;
  const std::string far = name_on_shard(1, there.port());
  std::string back;
  scripted_server here([&](const request& asked) {
    const std::string number = asked.target.substr(asked.target.find('?'));
    return asked.target.starts_with("/go") ? redirect_to(there.url("/hop" + number, far)) : page("home");
  });
  const std::string near = name_on_shard(0, here.port());
  engine_options options = two_shards();
  options.resolve = {{near, here.port(), "127.0.0.1"}, {far, there.port(), "127.0.0.1"}};
  engine_fixture engine(options);
  const auto task = engine.run(numbered(here.url("/go?", near), 100));
  CHECK(task->counts().ok == 100);
  CHECK(there.seen().requests == 100);
  CHECK(record_of(task, 7).final_url == there.url("/hop?7", far));
  CHECK(record_of(task, 7).redirects.size() == 1);
}

TEST_CASE("crawler: too many redirects, a loop, and a redirect to nowhere are told apart") {
  scripted_server server([](const request& asked) {
    if (asked.target == "/loop") return redirect_to("/loop");
    if (asked.target == "/mail") return redirect_to("mailto:a@b.test");
    return redirect_to(asked.target + "x");
  });
  engine_fixture engine;
  task_options options;
  options.max_redirects = 3;
  const auto task = engine.run({server.url("/loop"), server.url("/mail"), server.url("/more")}, options);
  CHECK(record_of(task, 0).code == errc::redirect_loop);
  CHECK(record_of(task, 1).code == errc::invalid_redirect);
  CHECK(record_of(task, 2).code == errc::too_many_redirects);
  CHECK(record_of(task, 2).redirects.size() == 3);
  CHECK(record_of(task, 2).status_code == 302);
  CHECK(server.asked_for("/morexxx") == 1);
  CHECK(server.asked_for("/morexxxx") == 0);
}

TEST_CASE("crawler: with max_redirects 0 the redirect is the answer") {
  scripted_server server([](const request&) { return redirect_to("/next"); });
  engine_fixture engine;
  task_options options;
  options.max_redirects = 0;
  const record only = record_of(engine.run({server.url("/")}, options));
  CHECK(only.ok());
  CHECK(only.status_code == 302);
  CHECK(only.final_url.empty());
}

TEST_CASE("crawler: header fields of the task are sent to the origin submitted and to no other") {
  std::mutex mutex;
  std::string seen_there;
  scripted_server there([&](const request& asked) {
    const std::lock_guard lock(mutex);
    seen_there = asked.head;
    return page("end");
  });
  std::string seen_here;
  scripted_server here([&](const request& asked) {
    const std::lock_guard lock(mutex);
    seen_here = asked.head;
    return redirect_to(there.url("/"));
  });
  engine_fixture engine;
  task_options options;
  options.headers = {{"Authorization", "secret"}};
  CHECK(engine.run({here.url("/")}, options)->counts().ok == 1);
  CHECK(seen_here.find("secret") != std::string::npos);
  CHECK(seen_there.find("secret") == std::string::npos);
}

TEST_CASE("crawler: HEAD falls back to GET where it is refused") {
  scripted_server server([](const request& asked) {
    if (asked.method != "HEAD") return page("body");
    return asked.target == "/no" ? status(405) : status(200);
  });
  engine_fixture engine;
  task_options options;
  options.method = http_method::head;
  const auto task = engine.run({server.url("/no"), server.url("/yes")}, options);
  CHECK(record_of(task, 0).ok());
  CHECK(record_of(task, 0).content_length == 4);
  CHECK(record_of(task, 0).attempts == 1);
  CHECK(server.asked_for("/no") == 2);
  CHECK(record_of(task, 1).ok());
  CHECK(server.asked_for("/yes") == 1);
}

// ---- bodies --------------------------------------------------------------------------------------

TEST_CASE("crawler: a body of max_body_bytes is fine, one octet more is not, however it is framed") {
  const std::string body(1000, 'x');
  scripted_server server([&](const request& asked) {
    const std::string sent = asked.target.ends_with("n") ? body : body + "x";
    if (asked.target.starts_with("/length")) return page(sent);
    std::string chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n";
    char size[8];
    std::snprintf(size, sizeof size, "%zx\r\n", sent.size() - 1);
    return answer{chunks + size + sent.substr(1) + "\r\n0\r\n\r\n", then::keep};
  });
  engine_fixture engine;
  task_options options;
  options.max_body_bytes = 1000;
  const auto task = engine.run(
      {server.url("/length/n"), server.url("/length/m"), server.url("/chunked/n"), server.url("/chunked/m")}, options);
  for (const std::uint32_t fits : {0U, 2U}) {
    CHECK(record_of(task, fits).ok());
    CHECK(record_of(task, fits).content_length == 1000);
  }
  for (const std::uint32_t too_long : {1U, 3U}) {
    CHECK(record_of(task, too_long).code == errc::http_response_body_size);
    CHECK(record_of(task, too_long).where == phase::transfer);
    CHECK(record_of(task, too_long).content_length <= 1000);
    CHECK(record_of(task, too_long).status_code == 200);
  }
}

TEST_CASE("crawler: a body much longer than a read is read to its end") {
  const std::string body(3'000'000, 'b');
  scripted_server server([&](const request&) { return page(body); });
  engine_fixture engine;
  const auto task = engine.run(numbered(server.url("/"), 3));
  CHECK(task->counts().ok == 3);
  CHECK(record_of(task, 2).content_length == body.size());
}

TEST_CASE("crawler: a body that ends with its connection is a success, one that is cut is not") {
  scripted_server server([](const request& asked) {
    if (asked.target == "/whole") return answer{"HTTP/1.1 200 OK\r\n\r\nto the end", then::close};
    return answer{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", then::close};
  });
  engine_fixture engine;
  const auto task = engine.run({server.url("/whole"), server.url("/cut")}, without_retries());
  CHECK(record_of(task, 0).ok());
  CHECK(record_of(task, 0).content_length == 10);
  CHECK(record_of(task, 1).code == errc::http_response_incomplete);
  CHECK(record_of(task, 1).where == phase::transfer);
  CHECK(record_of(task, 1).retryable);
}

TEST_CASE("crawler: a connection with octets after the response is not used again") {
  scripted_server server([](const request& asked) {
    answer reply = page("hello");
    if (asked.target == "/0") reply.octets += "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong";
    return reply;
  });
  engine_fixture engine(two_shards_in_haste(1));
  CHECK(engine.run(numbered(server.url("/"), 3))->counts().ok == 3);
  CHECK(server.seen().connections == 2);
}
