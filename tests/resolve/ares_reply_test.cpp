#include "resolve/ares_reply.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace trawl;

namespace {

std::string u16(unsigned value) { return {static_cast<char>(value >> 8), static_cast<char>(value)}; }
std::string u32(std::uint32_t value) { return u16(value >> 16) + u16(value & 0xffff); }

constexpr unsigned reply_bit = 0x8000, a = 1, cname = 5, aaaa = 28;
const std::string asked("\1a\4test\0", 8), other("\1b\4test\0", 8);

std::string record(const std::string& name, unsigned type, std::uint32_t ttl, const std::string& data) {
  return name + u16(type) + u16(1) + u32(ttl) + u16(static_cast<unsigned>(data.size())) + data;
}

/// An answer to one question, with as many records as are told to be there.
std::string message(unsigned flags, unsigned type, const std::string& records, unsigned count) {
  return u16(7) + u16(flags) + u16(1) + u16(count) + u16(0) + u16(0) + asked + u16(type) + u16(1) + records;
}

std::string one_a(std::uint32_t ttl) { return message(reply_bit, a, record(asked, a, ttl, "\x7f\x01\x02\x03"), 1); }

std::vector<std::string> texts(const dns_answer& answer) {
  std::vector<std::string> all;
  for (const auto& each : answer.addresses) all.push_back(each.to_string());
  return all;
}

}  // namespace

TEST_CASE("ares_reply: addresses come with the least TTL, their own or that of an alias on the way") {
  const dns_answer plain = read_reply(dns_family::a, one_a(60));
  CHECK(plain.kind == dns_reply::addresses);
  CHECK(texts(plain) == std::vector<std::string>{"127.1.2.3"});
  CHECK(plain.ttl == seconds(60));
  const std::string aliased = record(asked, cname, 5, other) + record(other, a, 60, "\x7f\x01\x02\x03");
  const dns_answer by_alias = read_reply(dns_family::a, message(reply_bit, a, aliased, 2));
  CHECK(texts(by_alias) == std::vector<std::string>{"127.1.2.3"});
  CHECK(by_alias.ttl == seconds(5));
}

TEST_CASE("ares_reply: a TTL with its top bit set is 0") {
  CHECK(read_reply(dns_family::a, one_a(0x7fffffff)).ttl == seconds(0x7fffffff));
  CHECK(read_reply(dns_family::a, one_a(0x80000000)).ttl == seconds(0));
  CHECK(read_reply(dns_family::a, one_a(0xffffffff)).ttl == seconds(0));
}

TEST_CASE("ares_reply: only the family that was asked for counts") {
  const std::string v6 = record(asked, aaaa, 60, std::string(15, '\0') + '\1');
  const std::string both = v6 + record(asked, a, 60, "\x7f\x01\x02\x03");
  CHECK(texts(read_reply(dns_family::aaaa, message(reply_bit, aaaa, both, 2))) == std::vector<std::string>{"::1"});
  CHECK(texts(read_reply(dns_family::a, message(reply_bit, a, both, 2))) == std::vector<std::string>{"127.1.2.3"});
  CHECK(read_reply(dns_family::a, message(reply_bit, a, v6, 1)).kind == dns_reply::no_data);
}

TEST_CASE("ares_reply: an alias that leads nowhere is no data, and so is an empty answer") {
  CHECK(read_reply(dns_family::a, message(reply_bit, a, record(asked, cname, 5, other), 1)).kind == dns_reply::no_data);
  CHECK(read_reply(dns_family::a, message(reply_bit, a, "", 0)).kind == dns_reply::no_data);
}

TEST_CASE("ares_reply: every response code is told apart, and kept") {
  const auto of = [](unsigned rcode) { return read_reply(dns_family::a, message(reply_bit | rcode, a, "", 0)); };
  CHECK(of(1).kind == dns_reply::format_error);
  CHECK(of(2).kind == dns_reply::server_failure);
  CHECK(of(3).kind == dns_reply::no_such_name);
  CHECK(of(4).kind == dns_reply::not_implemented);
  CHECK(of(5).kind == dns_reply::refused);
  CHECK(of(9).kind == dns_reply::other_rcode);
  CHECK(of(9).rcode == 9);
}

TEST_CASE("ares_reply: at most 32 addresses are taken") {
  std::string many;
  for (char i = 0; i < 40; ++i) many += record(asked, a, 60, std::string("\x7f\0\0", 3) + i);
  CHECK(read_reply(dns_family::a, message(reply_bit, a, many, 40)).addresses.size() == 32);
}

TEST_CASE("ares_reply: a message cut short anywhere is malformed, and so is our own question sent back") {
  const std::string whole = one_a(60);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    const dns_answer seen = read_reply(dns_family::a, std::string_view(whole).substr(0, size));
    CHECK(seen.kind == dns_reply::malformed);
    CHECK(seen.addresses.empty());
  }
  CHECK(read_reply(dns_family::a, message(0, a, "", 0)).kind == dns_reply::malformed);
}

TEST_CASE("ares_reply: names that point at themselves, and lengths that lie, are malformed") {
  const std::string loop("\xc0\x0c", 2), far("\xc3\xff", 2);
  for (const std::string& data : {record(loop + loop, a, 60, "\x7f\x01\x02\x03"),
                                  record(far, a, 60, "\x7f\x01\x02\x03"), record(asked, cname, 60, far)}) {
    CHECK(read_reply(dns_family::a, message(reply_bit, a, data, 1)).kind == dns_reply::malformed);
  }
  CHECK(read_reply(dns_family::a, message(reply_bit, a, record(asked, a, 60, "\x7f"), 1)).addresses.empty());
  CHECK(read_reply(dns_family::a, message(reply_bit, a, "", 9)).kind == dns_reply::malformed);
}
