#include "resolve/ares_reply.hpp"

#include <ares.h>
#include <arpa/nameser.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include "resolve/dns_message.hpp"

namespace trawl {
namespace {

// More than any name needs; the rest of a longer answer would never be dialled.
constexpr int most_addresses = 32;
constexpr std::size_t longest_message = 65535;

dns_reply kind_of_rcode(unsigned rcode) {
  switch (rcode) {
    case ns_r_formerr:
      return dns_reply::format_error;
    case ns_r_servfail:
      return dns_reply::server_failure;
    case ns_r_nxdomain:
      return dns_reply::no_such_name;
    case ns_r_notimpl:
      return dns_reply::not_implemented;
    case ns_r_refused:
      return dns_reply::refused;
    default:
      return dns_reply::other_rcode;
  }
}

asio::ip::address address_of(const ares_addrttl& found) {
  asio::ip::address_v4::bytes_type bytes;
  std::memcpy(bytes.data(), &found.ipaddr, bytes.size());
  return asio::ip::address_v4(bytes);
}

asio::ip::address address_of(const ares_addr6ttl& found) {
  asio::ip::address_v6::bytes_type bytes;
  std::memcpy(bytes.data(), &found.ip6addr, bytes.size());
  return asio::ip::address_v6(bytes);
}

// c-ares follows the aliases from the question on, and lowers each TTL to the least on that way.
template <class Found, class Parse>
dns_answer collect(std::string_view message, Parse parse) {
  std::array<Found, most_addresses> found;
  int count = most_addresses;
  const auto* const octets = reinterpret_cast<const unsigned char*>(message.data());
  const int status = parse(octets, static_cast<int>(message.size()), nullptr, found.data(), &count);
  dns_answer answer;
  answer.kind = status == ARES_ENODATA  ? dns_reply::no_data
                : status == ARES_ENOMEM ? dns_reply::out_of_resources
                                        : dns_reply::malformed;
  if (status != ARES_SUCCESS) return answer;
  answer.kind = count > 0 ? dns_reply::addresses : dns_reply::no_data;
  answer.only_aliases = count == 0;
  answer.ttl = seconds::max();
  for (const Found& each : std::span(found).first(static_cast<std::size_t>(count))) {
    answer.addresses.push_back(address_of(each));
    answer.ttl = std::min(answer.ttl, seconds(std::max(each.ttl, 0)));  // RFC 2181 8: with its top bit, a TTL is 0.
  }
  return answer;
}

}  // namespace

dns_answer read_reply(dns_family family, std::string_view message) {
  dns_answer answer;
  answer.kind = dns_reply::malformed;
  if (message.size() > longest_message || !is_answer(message)) return answer;
  answer.rcode = rcode_of(message);
  if (answer.rcode == ns_r_noerror)
    return family == dns_family::a ? collect<ares_addrttl>(message, ares_parse_a_reply)
                                   : collect<ares_addr6ttl>(message, ares_parse_aaaa_reply);
  answer.kind = kind_of_rcode(answer.rcode);
  return answer;
}

}  // namespace trawl
