// What goes direct although there is a proxy: the list of NO_PROXY, read as curl reads it. A name stands for itself
// and all below it, with or without a dot in front; an address for itself, a block for all in it; each with a port
// for that port alone; * for everything. Names are not resolved: an address in the list says nothing about names.
// A plain class, no I/O; read once at start, then only asked, so any thread may.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "resolve/address_policy.hpp"

namespace trawl {

class proxy_exceptions {
 public:
  /// Adds the items of `list`, separated by commas or spaces, and a sentence to `problems` for each that means
  /// nothing: ignored in silence, it would send to the proxy what was to stay inside.
  void add(std::string_view list, std::vector<std::string>& problems);
  /// `hostname`: as in a URL, without brackets; a dot at its end does not count.
  [[nodiscard]] bool contain(std::string_view hostname, std::uint16_t port) const;

 private:
  struct item {
    std::variant<std::string, cidr> what;  ///< A name in lower case, without dots around; or addresses.
    std::uint16_t port = 0;                ///< 0: any.
  };
  bool add_item(std::string_view text);

  bool everything_ = false;
  std::vector<item> items_;
};

}  // namespace trawl
