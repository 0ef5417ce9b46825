// Names that are answered without the DNS, in this order: address literals, --resolve overrides, localhost and
// *.localhost (RFC 6761 6.3), the hosts file.
// Belongs to one loop. Not thread-safe.
#pragma once

#include <trawl/options.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "resolve/hosts_file.hpp"

namespace trawl {

class local_names {
 public:
  /// Throws start_error naming every override whose address is none.
  local_names(const std::vector<resolve_override>& overrides, std::string hosts_path);

  /// nullptr: none of them. `name` canonical (dns_name.hpp); an IPv6 literal with or without brackets.
  /// The pointer holds until the next call.
  [[nodiscard]] const resolve_outcome* find(std::string_view name, std::uint16_t port, time_point now);

 private:
  [[nodiscard]] const resolve_outcome* literal(std::string_view name);
  [[nodiscard]] const resolve_outcome* overridden(std::string_view name, std::uint16_t port) const;
  std::unordered_map<std::string, resolve_outcome> overrides_;  ///< By "host:port".
  hosts_file hosts_;
  resolve_outcome localhost_;
  resolve_outcome literal_ = address_answer{};  ///< The last one asked for.
};

}  // namespace trawl
