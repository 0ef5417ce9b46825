#include "resolve/dns_name.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace trawl;

namespace {

std::string label(std::size_t size) { return std::string(size, 'a'); }
// Labels of 63, joined, cut to `size`.
std::string name_of(std::size_t size) {
  std::string name;
  while (name.size() < size) name += label(63) + '.';
  name.resize(size);
  return name;
}

}  // namespace

TEST_CASE("dns_name: case and the final dot make no other name") {
  CHECK(canonical_name("WWW.Example.TEST.") == "www.example.test");
  CHECK(canonical_name("plain.test") == "plain.test");
  CHECK(canonical_name("x.test..") == "x.test.");
  CHECK(is_canonical("plain.test"));
  CHECK_FALSE(is_canonical("Plain.test"));
  CHECK_FALSE(is_canonical("plain.test."));
}

TEST_CASE("dns_name: 253 octets may be asked for, 254 may not") {
  CHECK_FALSE(why_not_asked(name_of(253)));
  CHECK(why_not_asked(name_of(254)).value() == "the name is longer than 253 octets");
}

TEST_CASE("dns_name: labels have 1 to 63 octets") {
  CHECK_FALSE(why_not_asked(label(63) + ".test"));
  CHECK(why_not_asked(label(64) + ".test").value() == "the name has a label longer than 63 octets");
  CHECK(why_not_asked("x." + label(64)).value() == "the name has a label longer than 63 octets");
  for (const char* text : {"", ".", "a..b", ".a", "a."}) {
    CAPTURE(text);
    CHECK(why_not_asked(text).value() == "the name has an empty label");
  }
}

TEST_CASE("dns_name: what is no host name is not asked for") {
  for (const char* text : {"a b", "a\\.b", "a\tb", "m\xc3\xbc.test", "a\x7f"}) {
    CAPTURE(text);
    CHECK(why_not_asked(text).value() == "not a host name");
  }
  CHECK(why_not_asked(std::string_view("a\0b", 3)));
  CHECK_FALSE(why_not_asked("under_score.test"));
  CHECK_FALSE(why_not_asked("xn--mller-kva.test"));
}

TEST_CASE("dns_name: onion names stay out of the DNS") {
  CHECK(why_not_asked("abc.onion").value() == "onion names are not in the DNS (RFC 7686)");
  CHECK(why_not_asked("onion"));
  CHECK_FALSE(why_not_asked("redonion"));
  CHECK_FALSE(why_not_asked("onion.test"));
}

TEST_CASE("dns_name: localhost is the name and everything under it") {
  CHECK(is_localhost("localhost"));
  CHECK(is_localhost("a.b.localhost"));
  CHECK_FALSE(is_localhost("mylocalhost"));
  CHECK_FALSE(is_localhost("localhost.test"));
  CHECK_FALSE(is_localhost(""));
}
