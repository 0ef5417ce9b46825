// DNS replies, as far as we read them ourselves or through c-ares. Input: variant (family), the octets of a message.
#include "fuzz/fuzz.hpp"
#include "resolve/ares_reply.hpp"
#include "resolve/dns_cache.hpp"

using namespace trawl;
using namespace trawl::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const input given = read_input(data, size);
  const block exact(given.text.begin(), given.text.end());
  const dns_family family = given.choice & 1 ? dns_family::aaaa : dns_family::a;
  const dns_answer answer = read_reply(family, view(exact));
  expect((answer.kind == dns_reply::addresses) == !answer.addresses.empty(),
         "addresses, and only those, are addresses");
  expect(answer.kind <= dns_reply::malformed, "a message that came is an answer, of whatever kind");
  expect(answer.addresses.size() <= 32, "addresses are bounded");
  for (const auto& each : answer.addresses)
    expect(each.is_v6() == (family == dns_family::aaaa), "an address is of the family that was asked for");
  if (answer.kind != dns_reply::addresses) return 0;
  expect(answer.ttl.count() >= 0 && answer.ttl.count() <= INT32_MAX, "a TTL has 31 bits (RFC 2181 8)");
  dns_cache cache(1);
  const time_point now{};
  cache.put("a.test", {answer.addresses, true}, answer.ttl, now);
  expect(cache.find("a.test", now) != nullptr && cache.find("a.test", now + dns_cache::longest) == nullptr,
         "it is remembered, and not for ever");
  return 0;
}
