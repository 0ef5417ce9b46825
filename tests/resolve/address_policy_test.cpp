#include "resolve/address_policy.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace trawl;

namespace {

asio::ip::address at(const std::string& text) { return asio::ip::make_address(text); }
address_class class_of(const std::string& text) { return classify(at(text)).category; }

std::vector<cidr> blocks(std::initializer_list<const char*> texts) {
  std::vector<cidr> all;
  for (const char* text : texts) all.push_back(parse_cidr(text).value());
  return all;
}

struct edge_row {
  const char* before;  // "" where the block begins at the very first address, or another special one touches it.
  const char* first;
  const char* last;
  const char* after;
  address_class inside;
};

constexpr auto pub = address_class::public_;
constexpr auto loop = address_class::loopback;
constexpr auto priv = address_class::private_;
constexpr auto local_link = address_class::link_local;
constexpr auto meta = address_class::metadata;
constexpr auto spec = address_class::special;

const edge_row v4_rows[] = {
    {"", "0.0.0.0", "0.255.255.255", "1.0.0.0", spec},
    {"9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0", priv},
    {"100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0", meta},
    {"126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0", loop},
    {"168.63.129.15", "168.63.129.16", "168.63.129.16", "168.63.129.17", meta},
    {"169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0", local_link},
    {"172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0", priv},
    {"191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0", meta},
    {"192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0", spec},
    {"192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0", spec},
    {"192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0", priv},
    {"198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0", spec},
    {"198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0", spec},
    {"203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0", spec},
    {"223.255.255.255", "224.0.0.0", "255.255.255.255", "", spec},
};

const edge_row v6_rows[] = {
    {"", "::", "::", "", spec},
    {"", "::1", "::1", "", loop},
    {"", "::2", "::fffe:ffff:ffff", "", spec},  // Up to the mapped block, the IPv4-compatible form among them.
    {"", "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "", spec},
    {"", "100::", "100::ffff:ffff:ffff:ffff", "", spec},
    {"", "100:0:0:1::", "100::1:ffff:ffff:ffff:ffff", "", spec},
    {"", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2000::", spec},
    {"2001:1::3", "2001:1::4", "2001:1:ffff:ffff:ffff:ffff:ffff:ffff", "", spec},
    {"", "2001:1::", "2001:1::", "2001:1::1", spec},
    {"", "2001:2::", "2001:2::ffff:ffff:ffff:ffff:ffff", "", spec},
    {"", "2001:2:1::", "2001:2:ffff:ffff:ffff:ffff:ffff:ffff", "2001:3::", spec},
    {"2001:3:ffff:ffff:ffff:ffff:ffff:ffff", "2001:4::", "2001:4:111:ffff:ffff:ffff:ffff:ffff", "2001:4:112::", spec},
    {"2001:4:112:ffff:ffff:ffff:ffff:ffff", "2001:4:113::", "2001:1f:ffff:ffff:ffff:ffff:ffff:ffff", "2001:20::", spec},
    {"2001:3f:ffff:ffff:ffff:ffff:ffff:ffff", "2001:40::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
     "2001:200::", spec},
    {"2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
     "2001:db9::", spec},
    {"2620:4f:8000::", "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::", spec},
    {"3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "4000::", "5f00:ffff::", "", spec},  // Segment routing in it.
    {"", "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "", spec},
    {"", "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "", priv},
    {"", "fe00::", "fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "", spec},
    {"", "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "", local_link},
    {"", "fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "", spec},
    {"", "ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "", spec},
};

template <class Rows>
void check_rows(const Rows& rows) {
  for (const edge_row& row : rows) {
    CAPTURE(row.first);
    if (*row.before) CHECK(class_of(row.before) == pub);
    CHECK(class_of(row.first) == row.inside);
    CHECK(class_of(row.last) == row.inside);
    if (*row.after) CHECK(class_of(row.after) == pub);
  }
}

}  // namespace

TEST_CASE("address_policy: every block of the IPv4 registry is known up to its edges") { check_rows(v4_rows); }
TEST_CASE("address_policy: every block of the IPv6 registry is known up to its edges") { check_rows(v6_rows); }

TEST_CASE("address_policy: addresses where clouds keep secrets are told apart inside their blocks") {
  // [api 6.6]
  for (const char* text : {"169.254.169.254", "169.254.170.2", "100.100.100.200", "192.0.0.192", "fd00:ec2::254",
                           "fd20:ce::254", "::ffff:169.254.169.254"}) {
    CAPTURE(text);
    CHECK(class_of(text) == meta);
  }
  CHECK(class_of("169.254.169.253") == local_link);
  CHECK(class_of("fd00:ec2::253") == priv);
}

TEST_CASE("address_policy: what the registries call globally reachable is public") {
  for (const char* text :
       {"8.8.8.8", "192.31.196.1", "192.52.193.1", "192.175.48.1", "2001:1::1", "2001:1::2", "2001:3::1",
        "2001:4:112::1", "2001:20::1", "2001:30::1", "2001:4860:4860::8888", "2620:4f:8000::1"}) {
    CAPTURE(text);
    CHECK(class_of(text) == pub);
  }
}

TEST_CASE("address_policy: a mapped address is the IPv4 address in it") {
  for (const edge_row& row : v4_rows) {
    CAPTURE(row.first);
    CHECK(class_of(std::string("::ffff:") + row.first) == row.inside);
    CHECK(class_of(std::string("::ffff:") + row.last) == row.inside);
    if (*row.after) CHECK(class_of(std::string("::ffff:") + row.after) == pub);
  }
}

TEST_CASE("address_policy: NAT64, 6to4 and Teredo are as public as the IPv4 address they carry") {
  CHECK(class_of("64:ff9b::8.8.8.8") == pub);
  CHECK(class_of("2002:0808:0808::1") == pub);
  CHECK(class_of("2001:0:808:808::f7f7:f7f7") == pub);  // Server 8.8.8.8, client 8.8.8.8 inverted.
  for (const char* text :
       {"64:ff9b::127.0.0.1", "64:ff9b::10.1.2.3", "64:ff9b::169.254.169.254", "2002:7f00:1::", "2002:a9fe:a9fe::1",
        "2002:c0a8:1::", "2001:0:7f00:1::f7f7:f7f7", "2001:0:808:808::80ff:fffe"}) {
    CAPTURE(text);
    CHECK(class_of(text) == spec);
  }
}

TEST_CASE("address_policy: ISATAP is refused for an IPv4 address that is not public, under any prefix") {
  for (const char* text : {"2600::5efe:127.0.0.1", "2600::200:5efe:10.0.0.1", "fd00::5efe:169.254.169.254"}) {
    CAPTURE(text);
    CHECK(class_of(text) == spec);
  }
  CHECK(class_of("2600::5efe:8.8.8.8") == pub);
  CHECK(class_of("fd00::5efe:8.8.8.8") == priv);
  CHECK(class_of("2600::300:5efe:127.0.0.1") == pub);
  CHECK(class_of("2600::5eff:127.0.0.1") == pub);
}

TEST_CASE("address_policy: what looks like an IPv4 address in IPv6 and is routed nowhere is special") {
  for (const char* text :
       {"::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b:1::127.0.0.1", "::8.8.8.8", "64:ff9b:0:0:1::8.8.8.8"}) {
    CAPTURE(text);
    CHECK(class_of(text) == spec);
  }
}

TEST_CASE("address_policy: --allow-net names mapped forms by their IPv4 address only") {
  const address_policy six(false, blocks({"::/0"}));
  CHECK(six.refuse(at("::ffff:127.0.0.1"), {}));
  CHECK(six.refuse(at("127.0.0.1"), {}));
  CHECK_FALSE(six.refuse(at("::1"), {}));
  const address_policy mapped(false, blocks({"::ffff:127.0.0.0/104"}));
  CHECK_FALSE(mapped.refuse(at("127.1.2.3"), {}));
  CHECK_FALSE(mapped.refuse(at("::ffff:127.1.2.3"), {}));
  CHECK(mapped.refuse(at("10.0.0.1"), {}));
}

TEST_CASE("address_policy: public addresses may always be dialled") {
  // [api 6.2]
  const address_policy open_to_all(false, {});
  CHECK_FALSE(open_to_all.refuse(at("8.8.8.8"), {}));
  CHECK_FALSE(open_to_all.refuse(at("2600::1"), {.redirected_from_public = true, .through_proxy = true}));
}

TEST_CASE("address_policy: loopback and private only while every listener is loopback") {
  // [api 6.3, 6.4, 6.5]
  const address_policy local(true, {});
  const address_policy exposed(false, {});
  for (const char* text : {"127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "fd00::1", "::ffff:127.0.0.1"}) {
    CAPTURE(text);
    CHECK_FALSE(local.refuse(at(text), {}));
    CHECK(exposed.refuse(at(text), {}));
    CHECK(local.refuse(at(text), {.redirected_from_public = true}));
    CHECK(local.refuse(at(text), {.through_proxy = true}));
  }
  CHECK(exposed.refuse(at("127.0.0.1"), {}).value() ==
        "127.0.0.1 is loopback, and the service listens on more than loopback; --allow-net would permit it");
  CHECK(local.refuse(at("10.0.0.1"), {.redirected_from_public = true}).value() ==
        "10.0.0.1 is private, and the redirect came from a public address; --allow-net would permit it");
  CHECK(local.refuse(at("10.0.0.1"), {.through_proxy = true}).value() ==
        "10.0.0.1 is private, and the request came through a proxy; --allow-net would permit it");
}

TEST_CASE("address_policy: link-local, metadata and special addresses only when named") {
  // [api 6.6]
  const address_policy local(true, {});
  CHECK(local.refuse(at("169.254.169.254"), {}).value() ==
        "169.254.169.254 is link-local (cloud metadata); --allow-net would permit it");
  const address_policy named(false, blocks({"169.254.0.0/16", "0.0.0.0/32", "64:ff9b::/96", "fe80::/10"}));
  for (const char* text : {"169.254.169.254", "0.0.0.0", "64:ff9b::127.0.0.1", "fe80::1"}) {
    CAPTURE(text);
    CHECK(local.refuse(at(text), {}));
    CHECK_FALSE(named.refuse(at(text), {.redirected_from_public = true, .through_proxy = true}));
  }
  CHECK(named.refuse(at("0.0.0.1"), {}));
}

TEST_CASE("address_policy: naming an IPv4 block does not open the wrapped forms of it") {
  const address_policy named(false, blocks({"127.0.0.0/8"}));
  CHECK_FALSE(named.refuse(at("127.9.9.9"), {}));
  CHECK_FALSE(named.refuse(at("::ffff:127.0.0.1"), {}));
  CHECK(named.refuse(at("64:ff9b::127.0.0.1"), {}));
  CHECK(named.refuse(at("::1"), {}));
}

TEST_CASE("address_policy: loopback and named addresses are the operator's own, private ones are not") {
  // [api 5.16]
  const address_policy policy(true, blocks({"10.1.0.0/16", "8.8.8.8"}));
  for (const char* text : {"127.0.0.1", "::1", "::ffff:127.0.0.1", "10.1.255.255", "8.8.8.8"})
    CHECK(policy.is_operators_own(at(text)));
  for (const char* text : {"10.2.0.0", "192.168.0.1", "8.8.4.4", "fd00::1"})
    CHECK_FALSE(policy.is_operators_own(at(text)));
}

TEST_CASE("parse_cidr: blocks, single addresses and nothing else") {
  CHECK(parse_cidr("10.1.2.3/8")->network == at("10.0.0.0"));
  CHECK(parse_cidr("10.1.2.3")->prefix == 32);
  CHECK(parse_cidr("0.0.0.0/0")->contains(at("255.1.1.1")));
  CHECK(parse_cidr("fd00::/8")->contains(at("fdff::1")));
  CHECK(parse_cidr("fd12::1/9")->network == at("fd00::"));
  CHECK(parse_cidr("::1")->prefix == 128);
  CHECK(parse_cidr("::ffff:10.0.0.0/104")->contains(at("10.255.0.1")));
  CHECK(parse_cidr("::/0")->contains(at("2600::1")));
  CHECK_FALSE(parse_cidr("10.0.0.0/31")->contains(at("10.0.0.2")));
  CHECK_FALSE(parse_cidr("::/0")->contains(at("10.0.0.1")));
  for (const char* text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/8x", "10.0.0.0/-1", "10.0.0.0/+1",
                           "10.0.0/8", "example.com", "fe80::1%lo/64", " 10.0.0.0/8", "10.0.0.0/8/8"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_cidr(text));
  }
}
