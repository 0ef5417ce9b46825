#include "resolve/dns_message.hpp"

#include <doctest/doctest.h>

#include <string>

#include "resolve/scripted_dns.hpp"

using namespace trawl;

namespace {

dns_question question() {
  dns_question q;
  q.id = 7;
  q.name = "a.test";
  q.type = 1;
  return q;
}

}  // namespace

TEST_CASE("dns_message: an answer says that it is one, to a standard query") {
  std::string wire = question().reply(0);
  CHECK(is_answer(wire));
  wire[2] = '\x01';  // The question, sent back.
  CHECK_FALSE(is_answer(wire));
  wire[2] = '\xa8';  // An update.
  CHECK_FALSE(is_answer(wire));
  CHECK_FALSE(is_answer(wire.substr(0, 11)));
}

TEST_CASE("dns_message: without EDNS the rcode has four bits") {
  for (unsigned rcode = 0; rcode < 16; ++rcode)
    CHECK(rcode_of(question().reply(rcode, {dns_wire::a("a.test", "127.0.0.1")})) == rcode);
}

TEST_CASE("dns_message: EDNS gives it eight more, wherever its record stands") {
  using dns_wire::a;
  using dns_wire::cname;
  for (const unsigned rcode : {16U, 23U, 3841U}) {
    const std::string opt = question().opt(rcode);
    CHECK(rcode_of(question().reply(rcode & 15U, {opt})) == rcode);
    CHECK(rcode_of(question().reply(rcode & 15U, {cname("a.test", "b.test"), a("b.test", "127.0.0.1"), opt})) == rcode);
  }
}

TEST_CASE("dns_message: cut at any octet, or with lengths that lie, the header's four bits are left") {
  const std::string whole = question().reply(
      1, {dns_wire::cname("a.test", "b.test"), question().opt(16), dns_wire::a("b.test", "127.0.0.1")});
  const std::size_t until_opt = whole.size() - (8 + 14) - 1;
  for (std::size_t size = 12; size < until_opt; ++size) {
    const unsigned rcode = rcode_of(whole.substr(0, size));
    CHECK((rcode == 1 || rcode == 17));
  }
  CHECK(rcode_of(whole) == 17);
  CHECK(rcode_of(std::string(12, '\xff')) == 15);
  CHECK(rcode_of(std::string(600, '\xff')) == 15);
  CHECK(rcode_of(std::string("\0\7\x81\x80\0\0\xff\xff\0\0\0\0", 12) + std::string(300, '\x3f')) == 0);
  CHECK(rcode_of("") == 0);
}
