#include "api/door.hpp"

#include <doctest/doctest.h>

using namespace trawl;

namespace {

using fields = std::vector<std::pair<std::string, std::string>>;

struct keyed {
  keyed() { REQUIRE(entrance.read_keys(reader.line + "\n" + writer.line + "\n" + boss.line).empty()); }
  /// The status it is refused with; 0: it passes.
  unsigned ask(access needs, const fields& given) {
    asked = request();
    asked.fields = given;
    refused = entrance.refuse(asked, needs).value_or(problem(0, ""));
    return refused.status;
  }
  unsigned ask(access needs, const fresh_key& key) { return ask(needs, {{"authorization", "Bearer " + key.secret}}); }

  const fresh_key reader = make_api_key("reader", access::read);
  const fresh_key writer = make_api_key("writer", access::write);
  const fresh_key boss = make_api_key("boss", access::admin);
  door entrance{{}};
  request asked;
  problem refused;
};

}  // namespace

TEST_CASE("door: each scope opens what it includes, and no more") {
  keyed here;
  CHECK(here.ask(access::read, here.reader) == 0);
  CHECK(here.ask(access::write, here.reader) == 403);
  CHECK(here.refused.challenge == R"(Bearer realm="trawl", error="insufficient_scope", scope="read-write")");
  CHECK(here.ask(access::read, here.writer) == 0);
  CHECK(here.ask(access::write, here.writer) == 0);
  CHECK(here.ask(access::admin, here.writer) == 403);
  CHECK(here.ask(access::admin, here.boss) == 0);
}

TEST_CASE("door: without a key, or with another, it is 401 with a challenge; what is open needs none") {
  keyed here;
  CHECK(here.ask(access::read, fields()) == 401);
  CHECK(here.refused.challenge == R"(Bearer realm="trawl")");
  CHECK(here.ask(access::read, make_api_key("reader", access::read)) == 401);
  CHECK(here.refused.challenge == R"(Bearer realm="trawl", error="invalid_token")");
  CHECK(here.refused.detail.find("trawl_") == std::string::npos);
  CHECK(here.ask(access::probe, fields()) == 0);
  CHECK(here.ask(access::open, fields()) == 0);
}

TEST_CASE("door: a caller sees its own tasks, an admin all, and everybody all where no key is asked for") {
  keyed here;
  here.ask(access::read, here.writer);
  CHECK(here.asked.caller == "writer");
  CHECK(here.asked.may_see("writer"));
  CHECK_FALSE(here.asked.may_see("reader"));
  CHECK_FALSE(here.asked.may_see(""));
  here.ask(access::read, here.boss);
  CHECK(here.asked.may_see("writer"));
  here.ask(access::open, fields());
  CHECK_FALSE(here.asked.may_see("writer"));
  CHECK_FALSE(here.asked.may_see("boss"));
  request asked;
  CHECK_FALSE(door({}).refuse(asked, access::admin));
  CHECK(asked.may_see("writer"));
}

TEST_CASE("door: the scheme is Bearer in any case, once; nothing else is a key") {
  keyed here;
  const std::string& secret = here.reader.secret;
  for (const std::string& fine : {"Bearer " + secret, "bearer " + secret, "BEARER   " + secret})
    CHECK(here.ask(access::read, fields{{"authorization", fine}}) == 0);
  for (const std::string& wrong :
       {secret, "Basic " + secret, "Bearer", std::string("Bearer "), "Bearer" + secret, "Bearer " + secret + " ",
        "Bearer " + secret + ",x", "Bearer " + std::string(100000, 'a')})
    CHECK(here.ask(access::read, fields{{"authorization", wrong}}) == 401);
  CHECK(here.ask(access::read, {{"authorization", "Bearer " + secret}, {"authorization", "Bearer " + secret}}) == 401);
}

TEST_CASE("door: web pages are kept out where no key is, and only there") {
  const fields page{{"host", "localhost"}, {"origin", "http://evil.example"}};
  request asked;
  asked.fields = page;
  CHECK(door({}).refuse(asked, access::read)->status == 403);
  keyed here;
  fields with_key = page;
  with_key.emplace_back("authorization", "Bearer " + here.reader.secret);
  CHECK(here.ask(access::read, with_key) == 0);
}

TEST_CASE("door: keys are replaced as a whole, or not at all") {
  keyed here;
  const fresh_key next = make_api_key("next", access::read);
  CHECK_FALSE(here.entrance.read_keys("nonsense").empty());
  CHECK(here.ask(access::read, here.reader) == 0);
  CHECK(here.entrance.read_keys(next.line).empty());
  CHECK(here.ask(access::read, here.reader) == 401);
  CHECK(here.ask(access::read, next) == 0);
}
