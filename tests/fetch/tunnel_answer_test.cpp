// Answers to CONNECT, as one piece and cut at every place.
#include "fetch/tunnel_answer.hpp"

#include <doctest/doctest.h>

using namespace trawl;
using namespace std::string_literals;

namespace {

struct verdict {
  bool over = false;
  result<void> outcome;
};

verdict judge(std::initializer_list<std::string_view> pieces, bool closed = false, bool credentials = false) {
  tunnel_answer answer(credentials);
  bool over = false;
  for (const std::string_view each : pieces)
    if (!over && !each.empty()) over = answer.take_in(each);
  if (!over && closed) answer.at_eof();
  return {over || closed, answer.outcome()};
}

// Cut at every place it must mean the same; gives what it means.
verdict judge_everywhere(const std::string& octets, bool closed = false) {
  const verdict whole = judge({octets}, closed);
  for (std::size_t cut = 1; cut < octets.size(); ++cut) {
    const std::string_view all = octets;
    const verdict parts = judge({all.substr(0, cut), all.substr(cut)}, closed);
    REQUIRE_MESSAGE(parts.over == whole.over, cut);
    REQUIRE_MESSAGE(parts.outcome.has_value() == whole.outcome.has_value(), cut);
    if (!whole.outcome.has_value()) CHECK_MESSAGE(parts.outcome.error().code == whole.outcome.error().code, cut);
  }
  tunnel_answer by_octet(false);
  bool over = false;
  for (const char& octet : octets) over = over || by_octet.take_in({&octet, 1});
  if (!over && closed) by_octet.at_eof();
  CHECK((over || closed) == whole.over);
  CHECK(by_octet.outcome().has_value() == whole.outcome.has_value());
  return whole;
}

void check_refused(const verdict& got, errc code, bool transient, std::string_view words) {
  REQUIRE(got.over);
  REQUIRE_FALSE(got.outcome.has_value());
  CHECK(got.outcome.error().code == code);
  CHECK(got.outcome.error().where == phase::connect);
  CHECK(got.outcome.error().transient == transient);
  CHECK_MESSAGE(got.outcome.error().detail.find(words) != std::string::npos, got.outcome.error().detail);
}

}  // namespace

TEST_CASE("tunnel_answer: any 2xx opens the tunnel, whatever its fields say of a body") {
  for (const char* head :
       {"HTTP/1.1 200 Connection established\r\n\r\n", "HTTP/1.0 200 OK\r\nVia: x\r\n\r\n", "HTTP/1.1 204\n\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 299 x\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"}) {
    const verdict got = judge_everywhere(head);
    CHECK_MESSAGE(got.over, head);
    CHECK_MESSAGE(got.outcome.has_value(), head);
  }
}

TEST_CASE("tunnel_answer: octets that come behind the head that opens the tunnel are refused") {
  check_refused(judge({"HTTP/1.1 200 OK\r\n\r\nS"}), errc::proxy_connect_error, false, "before TLS");
  check_refused(judge({"HTTP/1.1 200 OK\r\n", "\r\n\0"s}), errc::proxy_connect_error, false, "before TLS");
  check_refused(judge({"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nS"}), errc::proxy_connect_error, false,
                "before TLS");
}

TEST_CASE("tunnel_answer: 407, and 401 as some say instead, tells whether there were credentials") {
  const std::string fields = " Who?\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 3\r\n\r\n";
  for (const std::string status : {"407", "401"}) {
    const std::string head = "HTTP/1.1 " + status + fields;
    check_refused(judge_everywhere(head), errc::proxy_auth_required, false, "wants credentials (" + status);
    check_refused(judge({head}, false, true), errc::proxy_auth_required, false,
                  "does not take the credentials it was given (" + status);
  }
}

TEST_CASE("tunnel_answer: any other status is the proxy's refusal, named by its number") {
  for (const auto& [status, transient] : {std::pair(403, false),
                                          {404, false},
                                          {301, false},
                                          {429, true},
                                          {500, true},
                                          {501, false},
                                          {502, true},
                                          {503, true},
                                          {504, true}})
    check_refused(judge_everywhere("HTTP/1.1 " + std::to_string(status) + " No\r\nContent-Length: 9\r\n\r\nsome page"),
                  errc::proxy_connect_error, transient, std::to_string(status));
}

TEST_CASE("tunnel_answer: what is no HTTP, or not all of it, is no answer") {
  check_refused(judge_everywhere("SSH-2.0-OpenSSH_9.2\r\n"), errc::proxy_connect_error, false, "SSH-2.0");
  check_refused(judge_everywhere("HTTP/1.1 200 OK\r\nA: \0\r\n\r\n"s), errc::proxy_connect_error, false, "NUL");
  check_refused(judge_everywhere("HTTP/1.1 101 Switching\r\n\r\n"), errc::proxy_connect_error, false, "101");
  check_refused(judge_everywhere("HTTP/1.1 200 OK\r\nVia: x\r\n", true), errc::proxy_connect_error, true, "closed");
  check_refused(judge({}, true), errc::proxy_connect_error, true, "without a response");
}

TEST_CASE("tunnel_answer: a head without end is given up") {
  tunnel_answer answer(false);
  REQUIRE_FALSE(answer.take_in("HTTP/1.1 200 OK\r\n"));
  const std::string line = "X-Filler: " + std::string(1000, 'x') + "\r\n";
  bool over = false;
  std::size_t lines = 0;
  for (; !over && lines < 1000; ++lines) over = answer.take_in(line);
  REQUIRE(over);
  CHECK(lines < 400);
  CHECK(answer.outcome().error().code == errc::proxy_connect_error);
}
