#include "api/session.hpp"

#include <doctest/doctest.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>

#include "spoken.hpp"

using namespace trawl;
using namespace std::chrono_literals;

namespace {

awaitable<answer> echo_path(const request& asked) { co_return answer("\"" + asked.path + "\""); }

// Counts what it is given; refuses at the first '!'.
class counting_intake final : public intake {
 public:
  bool put(std::string_view piece) override {
    octets_ += piece.size();
    return refused_ = refused_ || piece.find('!') != std::string_view::npos, !refused_;
  }
  answer finish() override {
    if (refused_) return answer(problem(400, "no exclamations"));
    return answer(std::to_string(octets_));
  }

 private:
  std::size_t octets_ = 0;
  bool refused_ = false;
};

or_problem<std::unique_ptr<intake>> count_body(const request& asked) {
  if (asked.has("x-refuse")) return problem(415, "refused from the head");
  return std::unique_ptr<intake>(std::make_unique<counting_intake>());
}

// `blocks` blocks of 20000 letters, then what `ends_as` says; waits once before each when it is slow.
class letters final : public block_source {
 public:
  letters(int blocks, flow ends_as, bool slow) : left_(blocks), ends_as_(ends_as), slow_(slow) {}
  flow next(std::string& out) override {
    if (slow_ && !std::exchange(waited_, true)) return flow::waiting;
    waited_ = false;
    if (left_-- == 0) return ends_as_;
    out.append(20000, 'a');
    return slow_ ? flow::waiting : flow::more;
  }
  [[nodiscard]] next_look look() const override {
    next_look soon;
    soon.until = clock::now() + 1ms;
    return soon;
  }
  void append_cut(std::string& out, std::string_view problem) const override {
    out.append(R"({"problem":)").append(problem).append("}\n");
  }

 private:
  int left_;
  flow ends_as_;
  bool slow_;
  bool waited_ = false;
};

awaitable<answer> stream_letters(const request& asked) {
  const int blocks = std::stoi(std::string(asked.asked.find("blocks").value_or("3")));
  const flow ends_as = asked.asked.find("cut") ? flow::cut : flow::end;
  const bool slow = asked.asked.find("slow").has_value();
  answer told(std::make_unique<letters>(blocks, ends_as, slow), "application/x-ndjson");
  co_return told;
}

awaitable<void> serve(std::unique_ptr<session> one) { co_await one->run(); }

// Sessions on a loop of their own, one for each client.
class stage {
 public:
  stage() : acceptor_(loop.get_executor(), tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    shared = std::make_shared<session_context>(loop.get_executor(), door_options());
    shared->routes =
        router({{"GET", "/echo/{id}", permission::open, plain_handler(echo_path), {}},
                {"POST", "/echo/{id}", permission::open, plain_handler(echo_path), {}},
                {"POST", "/count", permission::open, intake_handler(count_body), {}},
                {"GET", "/letters", permission::open, plain_handler(stream_letters), {"blocks", "cut", "slow"}}});
    shared->limits.linger = 50ms;
  }
  ~stage() {
    for (const auto& each : clients_) each->leave();
    while (!shared->open.empty()) loop.run_one();
    shared->times.stop();
  }
  client& connect() {
    clients_.push_back(std::make_unique<client>(loop, acceptor_.local_endpoint()));
    socket_type accepted(loop.get_executor());
    acceptor_.accept(accepted);
    asio::co_spawn(loop, serve(std::make_unique<session>(std::move(accepted), shared)),
                   [](const std::exception_ptr& failed) { CHECK_FALSE(failed); });
    return *clients_.back();
  }
  /// All that is heard after `text` on a connection of its own.
  std::string answer_to(std::string_view text) {
    client& one = connect();
    one.say(text);
    return one.hear_all();
  }

  asio::io_context loop{1};
  std::shared_ptr<session_context> shared;

 private:
  asio::basic_socket_acceptor<tcp, executor_type> acceptor_;
  std::vector<std::unique_ptr<client>> clients_;
};

std::string get(std::string_view path, std::string_view fields = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) + "\r\n";
}

std::string post(std::string_view path, std::string_view fields, std::string_view body = "") {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) + "\r\n" +
         std::string(body);
}

constexpr std::string_view last = "Connection: close\r\n";

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// What a chunked body says, without its framing; the text after it must be empty.
std::string unchunked(std::string_view body, bool& ended) {
  std::string out;
  ended = false;
  while (!body.empty() && !ended) {
    const std::size_t size = std::stoul(std::string(body.substr(0, body.find('\r'))), nullptr, 16);
    body.remove_prefix(body.find('\n') + 1);
    out += body.substr(0, size);
    body.remove_prefix(size + 2);
    ended = size == 0;
  }
  CHECK(body.empty());
  return out;
}

std::string body_of(const std::string& heard) { return heard.substr(heard.find("\r\n\r\n") + 4); }

}  // namespace

TEST_CASE("session: a request is answered with length, type, date and an id") {
  stage here;
  const std::string heard = here.answer_to(get("/echo/a", last));
  CHECK(heard.starts_with("HTTP/1.1 200 OK\r\n"));
  for (const char* field : {"Content-Type: application/json\r\n", "Content-Length: 9\r\n",
                            "Date: ", "X-Request-Id: ", "Connection: close\r\n"})
    CHECK(has(heard, field));
  CHECK(heard.ends_with("\r\n\r\n\"/echo/a\""));
}

TEST_CASE("session: many requests go over one connection, and those sent ahead are answered in order") {
  stage here;
  client& one = here.connect();
  one.say(get("/echo/1"));
  one.hear_until("\"/echo/1\"");
  one.say(get("/echo/2") + get("/nothing") + post("/count", "Content-Length: 3\r\n", "abc") + get("/echo/3", last));
  const std::string& heard = one.hear_all();
  CHECK(one.count("HTTP/1.1 ") == 5);
  CHECK(heard.find("/echo/2\"") < heard.find("404"));
  CHECK(heard.find("404") < heard.find("\r\n\r\n3"));
  CHECK(heard.ends_with("\"/echo/3\""));
}

TEST_CASE("session: the client's own request id comes back when it is plain, else a new one") {
  stage here;
  CHECK(has(here.answer_to(get("/echo/a", "X-Request-Id: abc-1.2:3\r\nConnection: close\r\n")),
            "X-Request-Id: abc-1.2:3\r\n"));
  for (const std::string& bad : {std::string("a b"), std::string("\"x\""), std::string(129, 'x'), std::string()}) {
    const std::string heard = here.answer_to(get("/nothing", "X-Request-Id: " + bad + "\r\nConnection: close\r\n"));
    CHECK(has(heard, "X-Request-Id: "));
    CHECK_FALSE(has(heard, "X-Request-Id: " + bad + "\r\n"));
  }
  // Of a request that is refused as a whole, too.
  const std::string mine = "X-Request-Id: mine\r\n\r\n";
  for (const std::string& refused :
       {"GET / HTTP/1.1\r\nHost: user@a\r\n" + mine, "GET /tasks#x HTTP/1.1\r\nHost: a\r\n" + mine,
        "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: a\r\n" + mine,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\n" + mine}) {
    CAPTURE(refused);
    CHECK(has(here.answer_to(refused), "X-Request-Id: mine\r\n"));
  }
}

TEST_CASE("session: HEAD has the head of GET and no body") {
  stage here;
  std::string asked = get("/echo/a", last);
  asked.replace(0, 3, "HEAD");
  const std::string heard = here.answer_to(asked);
  CHECK(has(heard, "Content-Length: 9\r\n"));
  CHECK(heard.ends_with("\r\n\r\n"));
  asked = get("/letters", last);
  asked.replace(0, 3, "HEAD");
  CHECK(here.answer_to(asked).ends_with("\r\n\r\n"));
}

TEST_CASE("session: OPTIONS tells the methods") {
  // [api 1.21]
  stage here;
  const std::string heard = here.answer_to("OPTIONS /echo/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  CHECK(heard.starts_with("HTTP/1.1 204 "));
  CHECK(has(heard, "Allow: GET, HEAD, POST, OPTIONS\r\n"));
  CHECK_FALSE(has(heard, "Content-Length"));
  CHECK(here.answer_to("OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .starts_with("HTTP/1.1 204 "));
}

TEST_CASE("session: a body is counted however it is framed and cut") {
  const std::string whole = post("/count", "Content-Length: 5\r\n", "hello") +
                            post("/count", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n") +
                            get("/echo/z", last);
  stage here;
  for (std::size_t cut = 1; cut < whole.size(); cut += 3) {
    client& one = here.connect();
    one.say(whole.substr(0, cut));
    here.loop.poll();
    one.say(whole.substr(cut));
    const std::string& heard = one.hear_all();
    REQUIRE(one.count("HTTP/1.1 200 OK") == 3);
    REQUIRE(has(heard, "\r\n\r\n5HTTP"));
    REQUIRE(has(heard, "\r\n\r\n7HTTP"));
  }
}

TEST_CASE("session: a large body arrives whole while other connections are served") {
  stage here;
  client& large = here.connect();
  client& small = here.connect();
  large.say(post("/count", "Content-Length: 3000000\r\nConnection: close\r\n"));
  for (int i = 0; i < 30; ++i) {
    large.say(std::string(100000, 'x'));
    small.say(get("/echo/a"));
    small.hear_until("/echo/a\"", static_cast<std::size_t>(i) + 1);
  }
  CHECK(large.hear_all().ends_with("\r\n\r\n3000000"));
}

TEST_CASE("session: Expect: 100-continue gets its word before the body, and none when the body came along") {
  stage here;
  client& one = here.connect();
  one.say(post("/count", "Content-Length: 2\r\nExpect: 100-continue\r\n"));
  one.hear_until("100 Continue\r\n\r\n");
  CHECK(one.heard() == "HTTP/1.1 100 Continue\r\n\r\n");
  one.say("ab" + get("/echo/a", last));
  CHECK(has(one.hear_all(), "\r\n\r\n2HTTP"));
  CHECK_FALSE(
      has(here.answer_to(post("/count", "Content-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n", "ab")),
          "100 Continue"));
  CHECK(has(here.answer_to(post("/count", "Content-Length: 2\r\nExpect: 100-CONTINUE\r\nConnection: close\r\n", "ab")),
            "HTTP/1.1 200 "));
  CHECK(here.answer_to(post("/count", "Content-Length: 2\r\nExpect: tea\r\n")).starts_with("HTTP/1.1 417 "));
}

TEST_CASE("session: a refused body that was announced is not asked for") {
  stage here;
  const std::string heard =
      here.answer_to(post("/count", "Content-Length: 9999999\r\nExpect: 100-continue\r\nX-Refuse: 1\r\n"));
  CHECK(heard.starts_with("HTTP/1.1 415 "));
  CHECK(has(heard, "Connection: close\r\n"));
}

TEST_CASE("session: after a small refused body the connection goes on, after a large one it is closed") {
  stage here;
  client& one = here.connect();
  one.say(post("/count", "X-Refuse: 1\r\nContent-Length: 4\r\n", "abcd") +
          post("/count", "Content-Length: 6\r\n", "abc!de") + post("/nothing", "Content-Length: 1\r\n", "x") +
          get("/echo/a", last));
  CHECK(has(one.hear_all(), "/echo/a\""));
  CHECK(one.count("HTTP/1.1 ") == 4);
  client& two = here.connect();
  two.say(post("/nothing", "Content-Length: 100000\r\n", std::string(100000, 'x')));
  CHECK(has(two.hear_all(), "Connection: close\r\n"));
  CHECK(two.heard().starts_with("HTTP/1.1 404 "));
}

TEST_CASE("session: a route that takes no body passes over a small one and refuses a large one") {
  stage here;
  CHECK(has(here.answer_to(post("/echo/a", "Content-Length: 65536\r\nConnection: close\r\n", std::string(65536, 'x'))),
            "200 OK"));
  CHECK(here.answer_to(post("/echo/a", "Content-Length: 65537\r\nConnection: close\r\n", std::string(65537, 'x')))
            .starts_with("HTTP/1.1 413 "));
}

TEST_CASE("session: what is no request is answered once and the connection closed") {
  stage here;
  for (const char* bad :
       {"nonsense\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"}) {
    const std::string heard = here.answer_to(std::string(bad) + get("/echo/a"));
    CHECK(heard.starts_with("HTTP/1.1 400 Bad Request\r\n"));
    CHECK(has(heard, "Content-Type: application/problem+json\r\n"));
    CHECK_FALSE(has(heard, "/echo/a\""));
  }
  CHECK(here.answer_to(get("/" + std::string(9000, 'a'))).starts_with("HTTP/1.1 414 "));
  CHECK(here.answer_to(get("/", "X: " + std::string(70000, 'a') + "\r\n")).starts_with("HTTP/1.1 431 "));
  CHECK(here.answer_to(post("/count", "Transfer-Encoding: chunked\r\n", "zz\r\n")).starts_with("HTTP/1.1 400 "));
}

TEST_CASE("session: a page of another site gets nothing") {
  stage here;
  CHECK(here.answer_to("GET /echo/a HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
            .starts_with("HTTP/1.1 403 "));
  CHECK(here.answer_to(get("/echo/a", "Origin: http://evil.example\r\nConnection: close\r\n"))
            .starts_with("HTTP/1.1 403 "));
}

TEST_CASE("session: a stream that fits a block has a length, a longer one is chunked") {
  stage here;
  CHECK(has(here.answer_to(get("/letters?blocks=0", last)), "Content-Length: 0\r\n"));
  const std::string heard = here.answer_to(get("/letters?blocks=9", last));
  CHECK(has(heard, "Transfer-Encoding: chunked\r\n"));
  bool ended = false;
  CHECK(unchunked(body_of(heard), ended) == std::string(180000, 'a'));
  CHECK(ended);
}

TEST_CASE("session: to HTTP/1.0 a stream is told until the close") {
  stage here;
  const std::string heard = here.answer_to("GET /letters?blocks=9 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK_FALSE(has(heard, "chunked"));
  CHECK(has(heard, "Connection: close\r\n"));
  CHECK(body_of(heard) == std::string(180000, 'a'));
}

TEST_CASE("session: HTTP/1.0 keeps a connection only when asked to") {
  stage here;
  CHECK(has(here.answer_to("GET /echo/a HTTP/1.0\r\n\r\n"), "Connection: close\r\n"));
  client& one = here.connect();
  one.say("GET /echo/a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  one.hear_until("/echo/a\"");
  CHECK(has(one.heard(), "Connection: keep-alive\r\n"));
  CHECK_FALSE(one.closed());
}

TEST_CASE("session: a stream that is cut says so in a line of its own and has no last chunk") {
  stage here;
  const std::string heard = here.answer_to(get("/letters?blocks=9&cut=1"));
  bool ended = true;
  const std::string told = unchunked(body_of(heard), ended);
  CHECK_FALSE(ended);
  CHECK(told.substr(180000).starts_with(R"({"problem":{"type":"about:blank","title":"Not Found","status":404)"));
  CHECK(told.ends_with("}}\n"));
}

TEST_CASE("session: a stream that waits is told as it comes, and ends when its reader goes") {
  stage here;
  bool ended = false;
  CHECK(unchunked(body_of(here.answer_to(get("/letters?blocks=3&slow=1", last))), ended).size() == 60000);
  CHECK(ended);
  client& one = here.connect();
  one.say(get("/letters?blocks=1000000&slow=1"));
  one.hear_until("aaaa");
  one.leave();
  while (!here.shared->open.empty()) here.loop.run_one();
}

TEST_CASE("session: when the server closes, idle connections end at once and answers are the last ones") {
  stage here;
  client& idle = here.connect();
  client& busy = here.connect();
  idle.say(get("/echo/a"));
  idle.hear_until("/echo/a\"");
  busy.say(post("/count", "Content-Length: 2\r\n"));
  while (here.loop.poll() > 0) {
  }
  here.shared->closing = true;
  for (session* each : here.shared->open) each->close_if_idle();
  idle.hear_all();
  busy.say("ab");
  CHECK(has(busy.hear_all(), "Connection: close\r\n"));
}

TEST_CASE("session: when the server cuts, a stream ends with the reason") {
  stage here;
  client& one = here.connect();
  one.say(get("/letters?blocks=1000000&slow=1"));
  one.hear_until("aaaa");
  here.shared->cutting = true;
  CHECK(has(one.hear_all(), R"("status":503,"detail":"the service is shutting down")"));
  CHECK_FALSE(one.heard().ends_with("0\r\n\r\n"));
}

TEST_CASE("session: a head or a body that does not come in time is 408, a silent connection is closed") {
  // [api 1.28]
  stage here;
  here.shared->limits.head = 5ms;
  here.shared->limits.idle = 5ms;
  here.shared->limits.body_stall = 5ms;
  CHECK(here.answer_to("").empty());
  CHECK(here.answer_to("GET / HT").starts_with("HTTP/1.1 408 "));
  CHECK(here.answer_to(post("/count", "Content-Length: 10\r\n", "abc")).starts_with("HTTP/1.1 408 "));
  client& one = here.connect();
  one.say(get("/echo/a"));
  one.hear_all();
  CHECK(one.count("HTTP/1.1 ") == 1);
}

TEST_CASE("session: a client that says empty lines and no request is closed, however fast they come") {
  // [api 1.28]
  stage here;
  here.shared->limits.head = 20ms;
  here.shared->limits.idle = 20ms;
  std::string empty_lines;
  for (int n = 0; n < 30000; ++n) empty_lines += "\r\n";
  client& first = here.connect();
  client& later = here.connect();
  later.say(get("/echo/a"));
  later.hear_until("/echo/a\"");
  for (client* one : {&first, &later}) {
    for (int n = 0; n < 20000 && !one->closed(); ++n) {
      one->say_what_fits(empty_lines);
      here.loop.run_one_for(5ms);
    }
    CHECK(one->closed());
  }
  CHECK(first.heard().empty());
  // Nor does it hold what is left of it.
  for (int n = 0; n < 20000 && !here.shared->open.empty(); ++n) {
    for (client* one : {&first, &later}) one->say_what_fits(empty_lines);
    here.loop.run_one_for(5ms);
  }
  CHECK(here.shared->open.empty());
}

TEST_CASE("session: how long a client may take") {
  // [api 1.28]
  const session_limits limits;
  CHECK(limits.head == 10s);
  CHECK(limits.body_stall == 30s);
  CHECK(limits.body_grace == 30s);
  CHECK(limits.body_rate == 500);
}

TEST_CASE("session: a body that drips is given up, however often a byte of it comes") {
  // [api 1.28]
  stage here;
  here.shared->limits.body_grace = 100ms;
  here.shared->limits.body_rate = 1000000000;
  client& dripping = here.connect();
  dripping.say("POST /count HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n");
  while (dripping.heard().empty() && !dripping.closed()) {
    dripping.say("a");
    here.loop.run_one_for(5ms);
  }
  dripping.hear_until("408");
  CAPTURE(dripping.heard());
  CHECK(dripping.heard().starts_with("HTTP/1.1 408 "));
}

TEST_CASE("session: a body that is slow, and faster than dripping, is waited for") {
  stage here;
  here.shared->limits.body_grace = 0ms;
  here.shared->limits.body_rate = 1;
  client& slow = here.connect();
  slow.say("POST /count HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 2000\r\n\r\n" +
           std::string(1000, 'a'));
  here.loop.run_for(20ms);
  slow.say(std::string(1000, 'a'));
  CHECK(slow.hear_all().ends_with("2000"));
}

TEST_CASE("session: a reader that takes nothing is given up") {
  stage here;
  here.shared->limits.write_stall = 20ms;
  client& one = here.connect();
  one.turn_deaf();
  one.say(get("/letters?blocks=100000"));
  here.loop.poll();
  REQUIRE(here.shared->open.size() == 1);
  while (!here.shared->open.empty()) here.loop.run_one();
}
