// Where a redirect leads, and when it does not. RFC 9110 15.4, 10.2.2.
#include "fetch/redirect.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace trawl;
using namespace std::string_literals;

namespace {

struct step {
  std::string from = "http://a.test/dir/page";
  std::uint16_t status = 302;
  http_method method = http_method::get;
  std::vector<hop_taken> hops;
  std::size_t max_redirects = 10;
  bool conflicts = false;
};

redirect_decision decide(std::string_view location, const step& at = {}) {
  url from;
  REQUIRE(from.parse(at.from) == url_errc::ok);
  redirect_request request;
  request.from = &from;
  request.method = at.method;
  request.status = at.status;
  request.location = location;
  request.location_conflicts = at.conflicts;
  request.hops = at.hops;
  request.max_redirects = at.max_redirects;
  return decide_redirect(request);
}
std::string target(std::string_view location, const step& at = {}) { return decide(location, at).to; }
errc error(std::string_view location, const step& at = {}) {
  const auto decision = decide(location, at);
  CHECK(decision.why.detail.empty() == (decision.kind != redirect_kind::refuse));
  return decision.why.code;
}
step from(std::string url) {
  step at;
  at.from = std::move(url);
  return at;
}

}  // namespace

TEST_CASE("redirect: the five statuses lead on, every other one is the answer") {
  for (int status = 100; status < 600; ++status) {
    step at;
    at.status = static_cast<std::uint16_t>(status);
    const bool leads = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    CHECK((decide("/x", at).kind == redirect_kind::follow) == leads);
    CHECK((decide("/x", at).kind == redirect_kind::answer) == !leads);
  }
}

TEST_CASE("redirect: without a Location, or with a blank one, the response is the answer") {
  for (const auto* location : {"", " ", "\t \t"}) CHECK(decide(location).kind == redirect_kind::answer);
}

TEST_CASE("redirect: max_redirects 0 follows none and finds fault with none") {
  step at;
  at.max_redirects = 0;
  CHECK(decide("/x", at).kind == redirect_kind::answer);
  CHECK(decide("ftp://x/", at).kind == redirect_kind::answer);
}

TEST_CASE("redirect: targets are relative to the URL that answered") {
  CHECK(target("http://b.test/x") == "http://b.test/x");
  CHECK(target("/x") == "http://a.test/x");
  CHECK(target("x") == "http://a.test/dir/x");
  CHECK(target("../x") == "http://a.test/x");
  CHECK(target("?q") == "http://a.test/dir/page?q");
  CHECK(target("//b.test/x", from("https://a.test/")) == "https://b.test/x");
  CHECK(target("x", from("http://u:p@a.test/")) == "http://u:p@a.test/x");
}

TEST_CASE("redirect: badly spaced and raw targets are mended as browsers do") {
  CHECK(target("  /x y \t") == "http://a.test/x%20y");
  CHECK(target("/a\tb") == "http://a.test/ab");
  CHECK(target("\\\\b.test\\x") == "http://b.test/x");
  CHECK(target("http:\\\\b.test/x") == "http://b.test/x");
  CHECK(target("/caf\xc3\xa9?\xc3\xa9") == "http://a.test/caf%C3%A9?%C3%A9");
  CHECK(target("/caf\xe9") == "http://a.test/caf%E9");
  CHECK(target("HTTP://B.Test:80/x") == "http://b.test/x");
}

TEST_CASE("redirect: a target without a fragment inherits the one it came from") {
  CHECK(target("/x", from("http://a.test/#top")) == "http://a.test/x#top");
  CHECK(target("/x#own", from("http://a.test/#top")) == "http://a.test/x#own");
  CHECK(target("/x#", from("http://a.test/#top")) == "http://a.test/x#");
  CHECK(target("http://b.test/x", from("http://a.test/#top")) == "http://b.test/x#top");
  CHECK(target("/x") == "http://a.test/x");
}

TEST_CASE("redirect: GET stays GET and HEAD stays HEAD") {
  for (const std::uint16_t status : {301, 302, 303, 307, 308})
    for (const auto method : {http_method::get, http_method::head}) {
      step at;
      at.status = status;
      at.method = method;
      CHECK(decide("/x", at).method == method);
    }
}

TEST_CASE("redirect: the limit counts redirects followed") {
  step at;
  at.max_redirects = 3;
  for (const auto* url : {"http://a.test/1", "http://a.test/2"}) at.hops.push_back({302, http_method::get, url});
  CHECK(decide("/x", at).kind == redirect_kind::follow);
  at.hops.push_back({302, http_method::get, "http://a.test/3"});
  CHECK(error("/x", at) == errc::too_many_redirects);
  CHECK(decide("/x", at).why.detail == "more than 3 redirects; the next is to \"/x\"");
  at.hops.push_back({302, http_method::get, "http://a.test/4"});
  CHECK(error("/x", at) == errc::too_many_redirects);
}

TEST_CASE("redirect: what was asked before with the same method, fragment aside, is a loop") {
  CHECK(error("") == errc::none);
  CHECK(error("page") == errc::redirect_loop);
  CHECK(error("page#elsewhere") == errc::redirect_loop);
  CHECK(error("#top") == errc::redirect_loop);
  CHECK(error("page?again") == errc::none);
  step at;
  at.hops = {{301, http_method::get, "http://a.test/first#x"}, {301, http_method::head, "http://a.test/second"}};
  CHECK(error("/first", at) == errc::redirect_loop);
  CHECK(error("/second", at) == errc::none);
  CHECK(decide("/first", at).why.detail == "redirect back to \"http://a.test/first\"");
}

TEST_CASE("redirect: targets that trawl cannot fetch are refused, with the reason") {
  for (const auto& location : {"ftp://b.test/"s, "mailto:a@b"s, "javascript:alert(1)"s, "file:///etc/passwd"s,
                               "data:,x"s, "http://"s, "http://b test/"s, "http://b.test:99999/"s, "http://[::1/"s,
                               "http://1.2.3.256/"s, "http://\xff/"s, "/" + std::string(70000, 'x')}) {
    CHECK(error(location) == errc::invalid_redirect);
    CHECK(decide(location).why.detail.size() < 300);
    CHECK(decide(location).why.where == phase::transfer);
  }
  CHECK(decide("ftp://b.test/").why.detail.starts_with("Location \"ftp://b.test/\": "));
}

TEST_CASE("redirect: two different Locations are refused") {
  step at;
  at.conflicts = true;
  CHECK(error("/x", at) == errc::invalid_redirect);
  at.status = 200;
  CHECK(error("/x", at) == errc::none);
}

TEST_CASE("redirect: credentials in the target are kept") {
  CHECK(target("http://u:p@b.test/") == "http://u:p@b.test/");
  CHECK(target("/x", from("http://u:p@a.test/")) == "http://u:p@a.test/x");
  CHECK(target("//a.test/x", from("http://u:p@a.test/")) == "http://a.test/x");
}
