#include "resolve/address_policy.hpp"

#include <array>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <charconv>
#include <cstdint>
#include <span>
#include <utility>

namespace trawl {
namespace {

using asio::ip::address;
using asio::ip::address_v4;
using asio::ip::address_v6;
using bytes16 = address_v6::bytes_type;

struct v4_block {
  std::uint32_t network;
  unsigned prefix;
  address_kind kind;
};

constexpr std::uint32_t v4(unsigned a, unsigned b, unsigned c, unsigned d) { return a << 24 | b << 16 | c << 8 | d; }

// https://www.iana.org/assignments/iana-ipv4-special-registry: what is not globally reachable there (AMT and
// AS112 are), and the clouds' own addresses.
// First match decides, so single addresses stand before the block around them.
constexpr std::array<v4_block, 20> v4_blocks{{
    {v4(0, 0, 0, 0), 8, {address_class::special, "this network"}},
    {v4(10, 0, 0, 0), 8, {address_class::private_, "private"}},
    {v4(100, 100, 100, 200), 32, {address_class::metadata, "cloud metadata"}},  // Alibaba Cloud.
    {v4(100, 64, 0, 0), 10, {address_class::metadata, "shared carrier space (cloud metadata)"}},
    {v4(127, 0, 0, 0), 8, {address_class::loopback, "loopback"}},
    {v4(169, 254, 169, 254), 32, {address_class::metadata, "link-local (cloud metadata)"}},
    {v4(169, 254, 170, 2), 32, {address_class::metadata, "link-local (cloud metadata)"}},  // Amazon ECS.
    {v4(169, 254, 0, 0), 16, {address_class::link_local, "link-local"}},
    {v4(172, 16, 0, 0), 12, {address_class::private_, "private"}},
    {v4(192, 0, 0, 0), 24, {address_class::metadata, "protocol assignments (cloud metadata)"}},  // Oracle Cloud.
    {v4(192, 0, 2, 0), 24, {address_class::special, "documentation"}},
    {v4(192, 88, 99, 0), 24, {address_class::special, "deprecated 6to4 relay"}},
    {v4(192, 168, 0, 0), 16, {address_class::private_, "private"}},
    {v4(198, 18, 0, 0), 15, {address_class::special, "benchmarking"}},
    {v4(198, 51, 100, 0), 24, {address_class::special, "documentation"}},
    {v4(203, 0, 113, 0), 24, {address_class::special, "documentation"}},
    {v4(168, 63, 129, 16), 32, {address_class::metadata, "cloud metadata"}},  // Azure.
    {v4(224, 0, 0, 0), 4, {address_class::special, "multicast"}},
    {v4(255, 255, 255, 255), 32, {address_class::special, "broadcast"}},
    {v4(240, 0, 0, 0), 4, {address_class::special, "reserved"}},
}};

struct v6_block {
  std::array<std::uint16_t, 8> groups;
  unsigned prefix;
  address_kind kind;
};

// https://www.iana.org/assignments/iana-ipv6-special-registry, in the same order: the narrow before the wide.
constexpr std::array<v6_block, 25> v6_blocks{{
    {{0, 0, 0, 0, 0, 0, 0, 0}, 128, {address_class::special, "the unspecified address"}},
    {{0, 0, 0, 0, 0, 0, 0, 1}, 128, {address_class::loopback, "loopback"}},
    {{0x64, 0xff9b, 1}, 48, {address_class::special, "local NAT64"}},
    {{0x100, 0, 0, 0}, 64, {address_class::special, "discard-only"}},
    {{0x100, 0, 0, 1}, 64, {address_class::special, "a dummy prefix"}},
    {{0x2001, 1, 0, 0, 0, 0, 0, 1}, 128, {address_class::public_, "public"}},  // Port Control Protocol.
    {{0x2001, 1, 0, 0, 0, 0, 0, 2}, 128, {address_class::public_, "public"}},  // TURN.
    {{0x2001, 1, 0, 0, 0, 0, 0, 3}, 128, {address_class::public_, "public"}},  // DNS-SD.
    {{0x2001, 2, 0}, 48, {address_class::special, "benchmarking"}},
    {{0x2001, 3}, 32, {address_class::public_, "public"}},         // AMT.
    {{0x2001, 4, 0x112}, 48, {address_class::public_, "public"}},  // AS112.
    {{0x2001, 0x10}, 28, {address_class::special, "deprecated ORCHID"}},
    {{0x2001, 0x20}, 28, {address_class::public_, "public"}},  // ORCHIDv2.
    {{0x2001, 0x30}, 28, {address_class::public_, "public"}},  // Drone remote identification.
    {{0x2001, 0}, 23, {address_class::special, "protocol assignments"}},
    {{0x2001, 0xdb8}, 32, {address_class::special, "documentation"}},
    {{0x3fff, 0}, 20, {address_class::special, "documentation"}},
    {{0x2000}, 3, {address_class::public_, "public"}},  // All that is allocated as global unicast.
    {{0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254}, 128, {address_class::metadata, "private (cloud metadata)"}},  // Amazon.
    {{0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254}, 128, {address_class::metadata, "private (cloud metadata)"}},   // Google.
    {{0xfc00}, 7, {address_class::private_, "private"}},
    {{0xfe80}, 10, {address_class::link_local, "link-local"}},
    {{0xfec0}, 10, {address_class::special, "deprecated site-local"}},
    {{0xff00}, 8, {address_class::special, "multicast"}},
    {{0}, 0, {address_class::special, "outside the global unicast space"}},
}};

bool same_prefix(std::span<const unsigned char> a, std::span<const unsigned char> b, unsigned prefix) {
  const std::size_t whole = prefix / 8;
  for (std::size_t i = 0; i < whole; ++i)
    if (a[i] != b[i]) return false;
  const unsigned rest = prefix % 8;
  return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

bytes16 bytes_of(const std::array<std::uint16_t, 8>& groups) {
  bytes16 bytes{};
  for (std::size_t i = 0; i < groups.size(); ++i) {
    bytes[2 * i] = static_cast<unsigned char>(groups[i] >> 8);
    bytes[2 * i + 1] = static_cast<unsigned char>(groups[i] & 0xff);
  }
  return bytes;
}

address_kind classify_v4(std::uint32_t address) {
  for (const v4_block& block : v4_blocks)
    if (((address ^ block.network) >> (32 - block.prefix)) == 0) return block.kind;
  return {address_class::public_, "public"};
}

address_kind classify_v6(const bytes16& address) {
  for (const v6_block& block : v6_blocks)
    if (same_prefix(address, bytes_of(block.groups), block.prefix)) return block.kind;
  return {address_class::special, "unknown"};
}

bool has_prefix(const bytes16& address, const std::array<std::uint16_t, 8>& groups, unsigned prefix) {
  return same_prefix(address, bytes_of(groups), prefix);
}

std::uint32_t v4_at(const bytes16& address, std::size_t place) {
  return v4(address[place], address[place + 1], address[place + 2], address[place + 3]);
}

// Only forms that are translated on their way: what comes out at the other end is an IPv4 packet.
// An address that is not public does not belong into any of them (RFC 6052 3.1, RFC 3056 2, RFC 4380).
std::optional<address_kind> classify_wrapped(const bytes16& address) {
  if (has_prefix(address, {0x64, 0xff9b, 0, 0, 0, 0}, 96)) {
    if (classify_v4(v4_at(address, 12)).category == address_class::public_)
      return address_kind{address_class::public_, "public"};
    return address_kind{address_class::special, "NAT64 of an address that is not public"};
  }
  if (has_prefix(address, {0x2002}, 16)) {
    if (classify_v4(v4_at(address, 2)).category == address_class::public_)
      return address_kind{address_class::public_, "public"};
    return address_kind{address_class::special, "6to4 of an address that is not public"};
  }
  if (has_prefix(address, {0x2001, 0}, 32)) {
    const bool both = classify_v4(v4_at(address, 4)).category == address_class::public_ &&
                      classify_v4(~v4_at(address, 12)).category == address_class::public_;  // The client is inverted.
    if (both) return address_kind{address_class::public_, "public"};
    return address_kind{address_class::special, "Teredo of an address that is not public"};
  }
  // RFC 5214 6.1: any prefix, then 00-00-5e-fe or 02-00-5e-fe, then the IPv4 address.
  if ((address[8] & 0xfdU) == 0 && address[9] == 0 && address[10] == 0x5e && address[11] == 0xfe &&
      classify_v4(v4_at(address, 12)).category != address_class::public_)
    return address_kind{address_class::special, "ISATAP of an address that is not public"};
  return std::nullopt;
}

// The mapped form is the IPv4 address to the kernel, so it is to us.
address unmapped(const address& from) {
  if (from.is_v6() && from.to_v6().is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, from.to_v6());
  return from;
}

address masked(const address& from, unsigned prefix) {
  if (from.is_v4()) {
    const std::uint32_t mask = prefix == 0 ? 0 : ~std::uint32_t{0} << (32 - prefix);
    return address_v4(from.to_v4().to_uint() & mask);
  }
  bytes16 bytes = from.to_v6().to_bytes();
  for (unsigned bit = prefix; bit < 128; ++bit) bytes[bit / 8] &= static_cast<unsigned char>(~(0x80U >> (bit % 8)));
  return address_v6(bytes);
}

}  // namespace

bool cidr::contains(const address& which) const {
  const address plain = unmapped(which);
  if (plain.is_v4() != network.is_v4()) return false;
  if (plain.is_v4()) return same_prefix(plain.to_v4().to_bytes(), network.to_v4().to_bytes(), prefix);
  return same_prefix(plain.to_v6().to_bytes(), network.to_v6().to_bytes(), prefix);
}

std::optional<cidr> parse_cidr(std::string_view text) {
  const std::size_t slash = text.find('/');
  boost::system::error_code ec;
  const address network = asio::ip::make_address(std::string(text.substr(0, slash)), ec);
  if (ec || (network.is_v6() && network.to_v6().scope_id() != 0)) return std::nullopt;
  unsigned prefix = network.is_v4() ? 32 : 128;
  if (slash != std::string_view::npos) {
    const char* const end = text.data() + text.size();
    unsigned given = 0;
    const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, given);
    if (error != std::errc{} || stop != end || given > prefix) return std::nullopt;
    prefix = given;
  }
  const address block = masked(network, prefix);
  if (prefix >= 96 && block.is_v6() && block.to_v6().is_v4_mapped()) return cidr{unmapped(block), prefix - 96};
  return cidr{block, prefix};
}

address_kind classify(const address& which) {
  const address plain = unmapped(which);
  if (plain.is_v4()) return classify_v4(plain.to_v4().to_uint());
  const bytes16 bytes = plain.to_v6().to_bytes();
  if (const auto wrapped = classify_wrapped(bytes)) return *wrapped;
  return classify_v6(bytes);
}

std::optional<std::string> address_policy::refuse(const address& which, hop where) const {
  const address_kind kind = classify(which);
  if (kind.category == address_class::public_ || named(which)) return std::nullopt;
  std::string why;
  if (kind.category == address_class::loopback || kind.category == address_class::private_) {
    if (!listeners_are_loopback_)
      why = ", and the service listens on more than loopback";
    else if (where.through_proxy)
      why = ", and the request came through a proxy";
    else if (where.redirected_from_public)
      why = ", and the redirect came from a public address";
    else
      return std::nullopt;
  }
  return which.to_string() + " is " + std::string(kind.words) + why + "; --allow-net would permit it";
}

bool address_policy::is_operators_own(const address& which) const {
  return classify(which).category == address_class::loopback || named(which);
}

bool address_policy::named(const address& which) const {
  for (const cidr& block : allow_net_)
    if (block.contains(which)) return true;
  return false;
}

}  // namespace trawl
