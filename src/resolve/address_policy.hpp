// Which addresses may be dialled (SECURITY: server-side request forgery). Decided on the resolved
// address at dial time, for every hop, so neither a name that resolves inward nor a redirect gets round it.
// The classes are those of the IANA special-purpose address registries for IPv4 and IPv6; an address
// that carries an IPv4 address inside (mapped, NAT64, 6to4, Teredo, ISATAP) is judged by that one as well.
// Pure: no I/O, no clock. Immutable once built, so any thread may ask.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trawl {

namespace asio = boost::asio;

/// A block of addresses. An IPv4 block also contains the IPv4-mapped form of its addresses, and an IPv6 block does not:
/// to the kernel they are IPv4.
struct cidr {
  asio::ip::address network;
  unsigned prefix = 0;  ///< Leading bits that count: 0..32 for IPv4, 0..128 for IPv6.
  [[nodiscard]] bool contains(const asio::ip::address& address) const;
};

/// "10.0.0.0/8", "fd00::/8", or an address alone, which is a block of one. Bits beyond the prefix are
/// cleared. nullopt: it is none of these.
[[nodiscard]] std::optional<cidr> parse_cidr(std::string_view text);

enum class address_class {
  public_,     ///< Globally reachable, as the registries have it.
  loopback,    ///< 127.0.0.0/8, ::1
  private_,    ///< RFC 1918, fc00::/7
  link_local,  ///< 169.254.0.0/16, fe80::/10
  metadata,    ///< Where clouds answer for the machine itself: secrets live there.
  special,     ///< Everything else that is not a host on the internet: documentation, multicast, unallocated.
};

/// What an address is, and the words for it, e.g. "link-local (cloud metadata)".
struct address_kind {
  address_class category;
  std::string_view words;
};
[[nodiscard]] address_kind classify(const asio::ip::address& address);

class address_policy {
 public:
  /// `allow_net`: blocks the operator named; always allowed, whatever they are.
  address_policy(bool listeners_are_loopback, std::vector<cidr> allow_net)
      : listeners_are_loopback_(listeners_are_loopback), allow_net_(std::move(allow_net)) {}

  /// The hop that is about to be dialled.
  struct hop {
    bool redirected_from_public = false;  ///< The redirect that led here came from a public address.
    bool through_proxy = false;           ///< The submission came through a proxy: its sender is not local.
  };
  /// nullopt: it may be dialled. Else the sentence for the record's `detail`, e.g.
  /// "169.254.169.254 is link-local (cloud metadata); --allow-net would permit it".
  [[nodiscard]] std::optional<std::string> refuse(const asio::ip::address& address, hop where) const;
  /// Loopback, or named in allow_net: the limits that protect other people's hosts are lifted there.
  [[nodiscard]] bool is_operators_own(const asio::ip::address& address) const;

 private:
  [[nodiscard]] bool named(const asio::ip::address& address) const;
  bool listeners_are_loopback_;
  std::vector<cidr> allow_net_;
};

}  // namespace trawl
