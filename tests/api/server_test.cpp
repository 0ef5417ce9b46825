#include "api/server.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/log.hpp"
#include "base/start_error.hpp"
#include "spoken.hpp"

using namespace trawl;
using nlohmann::json;

namespace {

engine_options small_engine() {
  engine_options options;
  options.threads = 1;
  options.max_in_flight = 16;
  return options;
}

server_options anywhere(server_options options = {}) {
  options.listen = {"127.0.0.1:0"};
  return options;
}

struct reply {
  unsigned status = 0;
  std::string head;
  std::string body;
  [[nodiscard]] json document() const { return json::parse(body); }
  [[nodiscard]] bool has(std::string_view part) const { return head.find(part) != std::string::npos; }
};

reply parsed(const std::string& heard) {
  reply seen;
  const std::size_t end = heard.find("\r\n\r\n");
  REQUIRE(end != std::string::npos);
  seen.head = heard.substr(0, end + 2);
  seen.body = heard.substr(end + 4);
  seen.status = static_cast<unsigned>(std::stoul(heard.substr(9, 3)));
  return seen;
}

// The whole service on the loop of the test, with an origin that accepts connections and never answers.
class running_service {
 public:
  explicit running_service(const server_options& options = {})
      : silent_(loop.get_executor(), tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        engine(small_engine(), loop.get_executor()),
        api(engine, loop.get_executor(), anywhere(options)) {
    set_up_log(log_level::off, log_format::text);
    api.listen();
  }
  ~running_service() {
    if (!closed_) close();
  }
  void close() {
    closed_ = true;
    asio::co_spawn(loop, end(), [this](const std::exception_ptr& failed) {
      CHECK_FALSE(failed);
      loop.stop();
    });
    loop.run();
    loop.restart();
  }
  tcp::endpoint endpoint() const {
    const std::string at = api.addresses().at(0);
    const auto port = static_cast<std::uint16_t>(std::stoul(at.substr(at.rfind(':') + 1)));
    return {asio::ip::address_v4::loopback(), port};
  }
  reply ask(std::string_view method, std::string_view target, std::string_view fields = "",
            std::string_view body = "") {
    client one(loop, endpoint());
    std::string asked(method);
    asked += " " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + std::string(fields);
    if (method == "POST") asked += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    one.say(asked + "\r\n" + std::string(body));
    return parsed(one.hear_all());
  }
  reply submit(std::string_view body) { return ask("POST", "/submit", "", body); }
  /// A task of `count` URLs that never end by themselves; its path.
  std::string submit_endless(int count = 1) {
    json urls = json::array();
    for (int i = 0; i < count; ++i) urls.push_back(silent_url() + std::to_string(i));
    return submit(json{{"urls", urls}}.dump()).document()["url"];
  }
  std::string silent_url() const { return "http://127.0.0.1:" + std::to_string(silent_.local_endpoint().port()) + "/"; }
  /// Asks until the task has ended.
  json ended(const std::string& path) {
    while (true) {
      json shown = ask("GET", path).document();
      if (shown["status"] != "running") return shown;
    }
  }

  asio::io_context loop{1};

 private:
  awaitable<void> end() {
    api.drain();
    co_await engine.shut_down(milliseconds(0));
    co_await api.close();
  }
  asio::basic_socket_acceptor<tcp, executor_type> silent_;
  bool closed_ = false;

 public:
  crawler engine;
  server api;
};

// One that has all the connections it may have: of a client that has asked, and stays.
struct full_service : running_service {
  full_service() : running_service(for_one()), one(loop, endpoint()) {
    one.say("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    one.hear_until("\"ok\"");
  }
  static server_options for_one() {
    server_options options;
    options.max_connections = 1;
    return options;
  }

  client one;
};

constexpr std::string_view json_type = "Content-Type: application/json\r\n";
constexpr std::string_view text_type = "Content-Type: text/plain\r\n";

}  // namespace

TEST_CASE("server: a submission is accepted, told where it is, and polled to its end") {
  running_service here;
  const reply accepted = here.submit(R"({"urls":["nope","ftp://a/","nope"],"callback":null})");
  CHECK(accepted.status == 200);
  const json told = accepted.document();
  const std::string path = told["url"];
  CHECK(told["total"] == 3);
  CHECK(path == "/tasks/" + told["task_id"].get<std::string>());
  CHECK(accepted.has("Location: " + path + "\r\n"));
  const json shown = here.ended(path);
  CHECK(shown["status"] == "done");
  CHECK(shown["done"] == 3);
  CHECK(shown["failed"] == 3);
  CHECK(shown["result"].size() == 2);
  CHECK(shown["result"]["nope"]["errors"]["http"] == "INVALID_URL");
  CHECK(shown["result"]["ftp://a/"]["errors"]["code"] == "unsupported_scheme");
  CHECK(here.ask("GET", "/tasks").document()[told["task_id"].get<std::string>()] == shown);
}

TEST_CASE("server: POST /tasks answers 202 and wants a media type") {
  // [api 1.2]
  running_service here;
  const reply accepted = here.ask("POST", "/tasks", json_type, R"({"urls":[]})");
  CHECK(accepted.status == 202);
  CHECK(accepted.has("Retry-After: 1\r\n"));
  CHECK(here.ask("POST", "/tasks", "Content-Type: image/png\r\n", R"({"urls":[]})").status == 415);
  CHECK(here.ask("POST", "/tasks", "", R"({"urls":[]})").status == 415);
  CHECK(here.ask("POST", "/tasks", "Content-Type: application/vnd.api+json; a=b\r\n", R"({"urls":[]})").status == 202);
}

TEST_CASE("server: a /submit body that begins with a brace is JSON whatever its type says") {
  // [api 2.2]
  running_service here;
  const std::string_view form = "Content-Type: application/x-www-form-urlencoded\r\n";
  CHECK(here.ask("POST", "/submit", form, " \r\n {\"urls\":[]}").status == 200);
  CHECK(here.ask("POST", "/submit", text_type, "{\"urls\":[]}").status == 200);
  CHECK(here.ask("POST", "/submit", form, "urls=a").status == 415);
  CHECK(here.ask("POST", "/submit", "", "").status == 400);
  CHECK(here.ask("POST", "/submit", json_type, "urls=a").status == 400);
}

TEST_CASE("server: what kind of body it is shows wherever the body is cut") {
  running_service here;
  const auto in_two_chunks = [&](std::string_view fields, std::string_view body, std::size_t cut) {
    client one(here.loop, here.endpoint());
    std::string asked =
        "POST /submit HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n";
    asked.append(fields).append("\r\n");
    for (const std::string_view piece : {body.substr(0, cut), body.substr(cut)})
      asked += "0" + std::to_string(piece.size()) + "\r\n" + std::string(piece) + "\r\n";
    one.say(asked + "0\r\n\r\n");
    return parsed(one.hear_all());
  };
  for (const std::string_view body : {"\r\n{} ", "\n {", "\n x"})
    for (std::size_t cut = 1; cut < body.size(); ++cut) {
      CAPTURE(cut);
      CHECK(in_two_chunks("", body, cut).status == (body.find('{') == body.npos ? 415 : 400));
      CHECK(in_two_chunks(text_type, body, cut).status == (body.find('{') == body.npos ? 200 : 400));
    }
}

TEST_CASE("server: text is one URL a line with its options in the query") {
  running_service here;
  const reply accepted = here.ask("POST", "/submit?label=a%20b&timeout_ms=5&headers=A:1&headers=B:2", text_type,
                                  "nope\r\n\r\n# no\r\nnot one\r\n");
  REQUIRE(accepted.status == 200);
  const json shown = here.ended(accepted.document()["url"]);
  CHECK(shown["label"] == "a b");
  CHECK(shown["total"] == 2);
  for (const char* wrong : {"?timeout_ms=0", "?timeout_ms=x", "?frob=1", "?dedupe=maybe", "?retries=1&retries=2",
                            "?headers=Host:%20a", "?verify_tls=maybe", "?label=a%FF"}) {
    CAPTURE(wrong);
    CHECK(here.ask("POST", std::string("/submit") + wrong, text_type, "nope").status == 400);
  }
  CHECK(here.ask("POST", "/submit?retries=1", json_type, R"({"urls":[]})").status == 400);
  CHECK(here.ask("GET", "/tasks").document().size() == 1);
}

TEST_CASE("server: a refused submission says what is wrong and leaves no task behind") {
  running_service here;
  const reply refused = here.submit(R"({"urls":["nope",3],"options":{"retries":11}})");
  CHECK(refused.status == 400);
  CHECK(refused.has("Content-Type: application/problem+json\r\n"));
  CHECK(refused.document()["errors"][0]["pointer"] == "/urls/1");
  CHECK(refused.document()["errors"][1]["pointer"] == "/options/retries");
  CHECK(here.submit(R"({"urls":["nope"],)").status == 400);
  const reply coded = here.ask("POST", "/submit", "Content-Encoding: br\r\n", R"({"urls":[]})");
  CHECK(coded.status == 415);
  CHECK(coded.has("Accept-Encoding: gzip\r\n"));
  CHECK(here.ask("POST", "/submit", "Content-Encoding: gzip\r\n", R"({"urls":[]})").status == 400);
  CHECK(here.ask("POST", "/submit", "Idempotency-Key: \r\n", R"({"urls":[]})").status == 400);
  CHECK(here.ask("GET", "/tasks").body == "{}");
}

TEST_CASE("server: the limits of a body and of waiting URLs are exact") {
  // [api 2.11, 2.14]
  server_options options;
  options.max_body = 40;
  options.max_urls = 3;
  running_service here(options);
  const std::string body = R"({"urls":["a","b","c"]})";
  CHECK(here.submit(body + std::string(40 - body.size(), ' ')).status == 200);
  CHECK(here.submit(body + std::string(41 - body.size(), ' ')).status == 413);
  const reply over = here.submit(R"({"urls":["a","b","c","d"]})");
  CHECK(over.status == 413);  // It fits at no other time either.
  CHECK_FALSE(over.has("Retry-After: "));
  client chunked(here.loop, here.endpoint());
  chunked.say("POST /submit HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n29\r\n" +
              std::string(41, ' ') + "\r\n");
  chunked.hear_until("HTTP/1.1 413 ");
  chunked.leave();
}

TEST_CASE("server: what waits counts, until it ends") {
  // [api 2.13]
  server_options options;
  options.max_urls = 3;
  running_service here(options);
  const std::string path = here.submit_endless(2);
  const reply over = here.submit(R"({"urls":["a","b"]})");
  CHECK(over.status == 503);
  CHECK(over.has("Retry-After: "));
  CHECK(here.submit(R"({"urls":["a"]})").status == 200);
  CHECK(here.ask("DELETE", path).status == 204);
  CHECK(here.submit(R"({"urls":["a","b"]})").status == 200);
}

TEST_CASE("server: a task over the memory limit is 413, one that has no room beside others 503") {
  // [api 2.13, 2.14]
  server_options options;
  options.max_memory = 1;
  running_service none(options);
  CHECK(none.submit(R"({"urls":["a"]})").status == 413);
  options.max_memory = 100000;
  running_service some(options);
  const std::string large = R"({"urls":["bad)" + std::string(60000, 'x') + R"("]})";
  CHECK(some.submit(large).status == 200);
  CHECK(some.submit(large).status == 503);
}

TEST_CASE("server: a cancelled task ends with a record for each URL") {
  running_service here;
  const std::string path = here.submit_endless(40);
  const json running = here.ask("GET", path + "?view=summary").document();
  CHECK(running["status"] == "running");
  CHECK_FALSE(running.contains("result"));
  const reply cancelled = here.ask("POST", path + "/cancel");
  CHECK(cancelled.status == 200);
  CHECK(cancelled.document()["status"] == "cancelled");
  CHECK(cancelled.document()["done"] == 40);
  CHECK(cancelled.document()["by_code"]["task_cancelled"] == 40);
  CHECK(here.ask("POST", path + "/cancel").document()["status"] == "cancelled");
}

TEST_CASE("server: a deleted task is gone, and what followed it is cut") {
  running_service here;
  const std::string path = here.submit_endless();
  client follower(here.loop, here.endpoint());
  follower.say("GET " + path + "/results?format=ndjson&follow=1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  follower.hear_until("Transfer-Encoding: chunked");
  CHECK(here.ask("DELETE", path).status == 204);
  CHECK(follower.hear_all().find(R"({"problem":{)") != std::string::npos);
  for (const char* what : {"", "/results", "?view=summary"}) CHECK(here.ask("GET", path + what).status == 404);
  CHECK(here.ask("DELETE", path).status == 404);
  CHECK(here.ask("POST", path + "/cancel").status == 404);
}

TEST_CASE("server: results are paged by cursor, streamed as NDJSON or CSV, and filtered") {
  running_service here;
  const std::string path = here.submit(R"({"urls":["a","b","ftp://c/"]})").document()["url"];
  here.ended(path);
  const json first = here.ask("GET", path + "/results?limit=2").document();
  CHECK(first["results"].size() == 2);
  const json second = here.ask("GET", path + "/results?limit=2&cursor=" + first["next"].get<std::string>()).document();
  CHECK(second["results"].size() == 1);
  CHECK(second["next"] == nullptr);
  const reply lines = here.ask("GET", path + "/results", "Accept: application/x-ndjson\r\n");
  CHECK(lines.has("Content-Type: application/x-ndjson\r\n"));
  CHECK(std::count(lines.body.begin(), lines.body.end(), '\n') == 3);
  CHECK(
      here.ask("GET", path + "/results?format=csv", "Accept: application/x-ndjson\r\n").body.starts_with("index,url,"));
  CHECK(here.ask("GET", path + "/results?code=unsupported_scheme").document()["results"][0]["url"] == "ftp://c/");
  CHECK(here.ask("GET", path + "/results?status=ok").document()["results"].empty());
  CHECK(here.ask("GET", path + "/results?url=b").document()["results"].size() == 1);
  for (const char* wrong : {"limit=0", "limit=10001", "limit=x", "cursor=x", "cursor=p4", "status=bad", "code=bad",
                            "format=xml", "follow=1", "follow=x&format=ndjson", "frob=1"}) {
    CAPTURE(wrong);
    CHECK(here.ask("GET", path + "/results?" + wrong).status == 400);
  }
}

TEST_CASE("server: a followed stream goes on until the task has ended") {
  running_service here;
  const std::string path = here.submit_endless(3);
  client follower(here.loop, here.endpoint());
  follower.say("GET " + path +
               "/results?format=ndjson&follow=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  follower.hear_until("chunked");
  here.ask("POST", path + "/cancel");
  CHECK(follower.hear_all().ends_with("0\r\n\r\n"));
  CHECK(follower.count(R"("code":"task_cancelled")") == 3);
}

TEST_CASE("server: the listing is newest first and pages when asked") {
  running_service here;
  std::vector<std::string> ids;
  for (const char* label : {"x", "y", "x", "y", "x"})
    ids.push_back(
        here.submit(std::string(R"({"urls":[],"options":{"label":")") + label + R"("}})").document()["task_id"]);
  const auto keys = [](const reply& shown) {
    std::vector<std::string> names;
    const auto listed = nlohmann::ordered_json::parse(shown.body);
    for (const auto& [key, value] : listed.items()) names.push_back(key);
    return names;
  };
  CHECK(keys(here.ask("GET", "/tasks")) == std::vector<std::string>(ids.rbegin(), ids.rend()));
  reply page = here.ask("GET", "/tasks?label=x&limit=2&view=summary");
  CHECK(keys(page) == std::vector<std::string>{ids[4], ids[2]});
  CHECK(page.has("X-Total-Count: 3\r\n"));
  const std::size_t link = page.head.find("Link: <") + 7;
  REQUIRE(page.has("rel=\"next\""));
  page = here.ask("GET", page.head.substr(link, page.head.find('>', link) - link));
  CHECK(keys(page) == std::vector<std::string>{ids[0]});
  CHECK_FALSE(page.has("Link:"));
  CHECK(here.ask("GET", "/tasks?status=running").has("X-Total-Count: 0\r\n"));
  CHECK(here.ask("GET", "/tasks?status=running&status=done").has("X-Total-Count: 5\r\n"));
  for (const char* wrong : {"limit=0", "limit=1001", "cursor=1", "view=all", "status=bad", "frob=1"})
    CHECK(here.ask("GET", std::string("/tasks?") + wrong).status == 400);
}

TEST_CASE("server: alive and ready, until it drains") {
  // [api 1.13]
  running_service here;
  CHECK(here.ask("GET", "/healthz").document()["status"] == "ok");
  CHECK(here.ask("GET", "/readyz").status == 200);
  client open(here.loop, here.endpoint());
  open.say("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  open.hear_until("\"ok\"");
  here.api.drain();
  open.say("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  open.hear_until("HTTP/1.1 503 ");
  open.say("POST /submit HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11\r\n\r\n{\"urls\":[]}");
  open.hear_until("HTTP/1.1 503 ", 2);
  open.leave();
}

TEST_CASE("server: closing ends idle connections, followers and half-sent requests") {
  running_service here;
  const std::string path = here.submit_endless();
  client idle(here.loop, here.endpoint());
  client half(here.loop, here.endpoint());
  client follower(here.loop, here.endpoint());
  half.say("POST /submit HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{");
  follower.say("GET " + path + "/results?format=ndjson&follow=1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  follower.hear_until("chunked");
  here.close();
  CHECK(here.api.connections() == 0);
  while (here.loop.poll() > 0) {
  }
  CHECK(idle.closed());
  CHECK(half.closed());
  CHECK(follower.hear_all().find(R"("code":"shutdown")") != std::string::npos);
}

TEST_CASE("server: one connection too many is told so") {
  // [api 5.25]
  full_service here;
  client two(here.loop, here.endpoint());
  CHECK(two.hear_all().starts_with("HTTP/1.1 503 "));
  here.one.leave();
  while (here.api.connections() > 0) here.loop.run_one();
  CHECK(here.ask("GET", "/healthz").status == 200);
}

TEST_CASE("server: where no connection is left, one that has been idle for a second makes way") {
  // [api 5.25]
  full_service here;
  std::string heard = "HTTP/1.1 503 ";
  while (heard.starts_with("HTTP/1.1 503 ")) {
    client two(here.loop, here.endpoint());
    two.say("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    heard = two.hear_all();
  }
  CHECK(heard.starts_with("HTTP/1.1 200 "));
  here.one.hear_all();
  CHECK(here.one.closed());
}

TEST_CASE("server: out of descriptors, clients are told so with the one held back") {
  running_service here;
  std::vector<std::unique_ptr<client>> waiting;
  for (int i = 0; i < 3; ++i) waiting.push_back(std::make_unique<client>(here.loop, here.endpoint()));
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  // Connected, but nobody has accepted yet: the loop has not run.
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(::dup(0));
  ::close(static_cast<int>(none.rlim_cur));
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  for (auto& each : waiting) {
    each->say("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(each->hear_all().starts_with("HTTP/1.1 503 "));
  }
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(here.ask("GET", "/healthz").status == 200);
}

TEST_CASE("server: bad listeners are all named at once") {
  asio::io_context loop{1};
  crawler engine(small_engine(), loop.get_executor());
  asio::basic_socket_acceptor<tcp, executor_type> taken(loop.get_executor(),
                                                        tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const std::string in_use = "127.0.0.1:" + std::to_string(taken.local_endpoint().port());
  server_options options;
  options.listen = {"localhost:1", "127.0.0.1", "127.0.0.1:99999", "::1:80", in_use, "0.0.0.0:0"};
  server api(engine, loop.get_executor(), options);
  try {
    api.listen();
    FAIL("it listens");
  } catch (const start_error& wrong) {
    REQUIRE(wrong.problems().size() == 6);
    for (std::size_t i = 0; i < options.listen.size(); ++i)
      CHECK(wrong.problems()[i].find(options.listen[i]) != std::string::npos);
  }
}

TEST_CASE("server: which listeners are loopback") {
  CHECK(all_loopback({"127.0.0.1:7777", "127.8.0.1:1", "[::1]:7777"}));
  CHECK_FALSE(all_loopback({"127.0.0.1:7777", "0.0.0.0:7777"}));
  CHECK_FALSE(all_loopback({"[::]:7777"}));
  CHECK_FALSE(all_loopback({"nonsense"}));
}
