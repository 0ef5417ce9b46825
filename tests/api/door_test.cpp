#include "api/door/door.hpp"

#include <doctest/doctest.h>

using namespace trawl;

namespace {

using fields = std::vector<std::pair<std::string, std::string>>;

struct keyed {
  keyed() { REQUIRE(entrance.read_keys(reader.line + "\n" + writer.line + "\n" + boss.line).empty()); }
  /// The status it is refused with; 0: it passes.
  unsigned ask(permission needs, const fields& given) {
    asked = request();
    asked.fields = given;
    refused = entrance.receive(asked, needs, {}, {}).refused.value_or(problem(0, ""));
    return refused.status;
  }
  unsigned ask(permission needs, const fresh_key& key) {
    return ask(needs, {{"authorization", "Bearer " + key.secret}});
  }

  const fresh_key reader = make_api_key("reader", permission::read);
  const fresh_key writer = make_api_key("writer", permission::write);
  const fresh_key boss = make_api_key("boss", permission::admin);
  door entrance{door_options()};
  request asked;
  problem refused;
};

}  // namespace

TEST_CASE("door: each scope opens what it includes, and no more") {
  keyed here;
  CHECK(here.ask(permission::read, here.reader) == 0);
  CHECK(here.ask(permission::write, here.reader) == 403);
  CHECK(here.refused.challenge == R"(Bearer realm="trawl", error="insufficient_scope", scope="read-write")");
  CHECK(here.ask(permission::read, here.writer) == 0);
  CHECK(here.ask(permission::write, here.writer) == 0);
  CHECK(here.ask(permission::admin, here.writer) == 403);
  CHECK(here.ask(permission::admin, here.boss) == 0);
}

TEST_CASE("door: without a key, or with another, it is 401 with a challenge; what is open needs none") {
  keyed here;
  CHECK(here.ask(permission::read, fields()) == 401);
  CHECK(here.refused.challenge == R"(Bearer realm="trawl")");
  CHECK(here.ask(permission::read, make_api_key("reader", permission::read)) == 401);
  CHECK(here.refused.challenge == R"(Bearer realm="trawl", error="invalid_token")");
  CHECK(here.refused.detail.find("trawl_") == std::string::npos);
  CHECK(here.ask(permission::probe, fields()) == 0);
  CHECK(here.ask(permission::open, fields()) == 0);
}

TEST_CASE("door: a caller sees its own tasks, an admin all, and everybody all where no key is asked for") {
  keyed here;
  here.ask(permission::read, here.writer);
  CHECK(here.asked.caller == "writer");
  CHECK(here.asked.may_see("writer"));
  CHECK_FALSE(here.asked.may_see("reader"));
  CHECK_FALSE(here.asked.may_see(""));
  here.ask(permission::read, here.boss);
  CHECK(here.asked.may_see("writer"));
  here.ask(permission::open, fields());
  CHECK_FALSE(here.asked.may_see("writer"));
  CHECK_FALSE(here.asked.may_see("boss"));
  request asked;
  CHECK_FALSE(door(door_options()).receive(asked, permission::admin, {}, {}).refused);
  CHECK(asked.may_see("writer"));
}

TEST_CASE("door: the scheme is Bearer in any case, once; nothing else is a key") {
  keyed here;
  const std::string& secret = here.reader.secret;
  for (const std::string& fine : {"Bearer " + secret, "bearer " + secret, "BEARER   " + secret})
    CHECK(here.ask(permission::read, fields{{"authorization", fine}}) == 0);
  for (const std::string& wrong : std::vector<std::string>{
           secret, "Basic " + secret, "Bearer", "Bearer ", "Bearer" + secret, "Bearer " + secret + " ",
           "Bearer " + secret + ",x", "Bearer " + std::string(100000, 'a')})
    CHECK(here.ask(permission::read, fields{{"authorization", wrong}}) == 401);
  CHECK(here.ask(permission::read,
                 fields{{"authorization", "Bearer " + secret}, {"authorization", "Bearer " + secret}}) == 401);
}

TEST_CASE("door: web pages are kept out where no key is, and only there") {
  const fields page{{"host", "localhost"}, {"origin", "http://evil.example"}};
  request asked;
  asked.fields = page;
  CHECK(door(door_options()).receive(asked, permission::read, {}, {}).refused->status == 403);
  keyed here;
  fields with_key = page;
  with_key.emplace_back("authorization", "Bearer " + here.reader.secret);
  CHECK(here.ask(permission::read, with_key) == 0);
}

TEST_CASE("door: a page of a listed origin may use a service without keys, by the names it has") {
  door_options options;
  options.cors_origins = {"https://a.example"};
  door entrance(options);
  const auto refused = [&](const fields& given) {
    request asked;
    asked.fields = given;
    return entrance.receive(asked, permission::read, {}, {}).refused.has_value();
  };
  CHECK_FALSE(refused({{"host", "localhost"}, {"origin", "https://a.example"}, {"sec-fetch-site", "cross-site"}}));
  CHECK(refused({{"host", "localhost"}, {"origin", "https://b.example"}, {"sec-fetch-site", "cross-site"}}));
  CHECK(refused({{"host", "localhost"}, {"sec-fetch-site", "cross-site"}}));
  CHECK(refused({{"host", "evil.example"}, {"origin", "https://a.example"}}));
}

TEST_CASE("door: the rate is that of a key where there is one, else of an address; probes are never refused") {
  const fresh_key ann = make_api_key("ann", permission::read), ben = make_api_key("ben", permission::read);
  door_options options;
  options.rate_limit = 1;
  door entrance(options);
  REQUIRE(entrance.read_keys(ann.line + "\n" + ben.line).empty());
  const auto ask = [&](const char* from, const std::string& secret, permission needs = permission::read) {
    request asked;
    if (!secret.empty()) asked.fields = {{"authorization", "Bearer " + secret}};
    const visit made = entrance.receive(asked, needs, asio::ip::make_address(from), time_point{});
    return made.refused ? made.refused->status : 0;
  };
  CHECK(ask("192.0.2.1", ann.secret) == 0);
  CHECK(ask("192.0.2.2", ann.secret) == 0);
  CHECK(ask("192.0.2.3", ann.secret) == 429);
  CHECK(ask("192.0.2.1", ben.secret) == 0);
  CHECK(ask("192.0.2.1", "") == 401);
  CHECK(ask("192.0.2.1", "guess") == 401);
  CHECK(ask("192.0.2.1", "guess") == 429);
  CHECK(ask("192.0.2.1", ben.secret) == 0);
  CHECK(ask("192.0.2.2", "guess") == 401);
  for (int i = 0; i < 5; ++i) CHECK(ask("192.0.2.1", "", permission::probe) == 0);
}

TEST_CASE("door: what counts as one client") {
  const auto client = [](const char* text) { return client_of(asio::ip::make_address(text)); };
  CHECK(client("192.0.2.1") == "192.0.2.1");
  CHECK(client("::ffff:192.0.2.1") == "192.0.2.1");
  CHECK(client("2001:db8:1:2:3:4:5:6") == client("2001:db8:1:2::1"));
  CHECK(client("2001:db8:1:2::1") != client("2001:db8:1:3::1"));
}

TEST_CASE("door: keys are replaced as a whole, or not at all") {
  keyed here;
  const fresh_key next = make_api_key("next", permission::read);
  CHECK_FALSE(here.entrance.read_keys("nonsense").empty());
  CHECK(here.ask(permission::read, here.reader) == 0);
  CHECK(here.entrance.read_keys(next.line).empty());
  CHECK(here.ask(permission::read, here.reader) == 401);
  CHECK(here.ask(permission::read, next) == 0);
}
