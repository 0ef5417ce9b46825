// What a route asks of whoever calls it, and what a key allows: one scale, on which each step includes those before it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace trawl {

enum class permission : std::uint8_t {
  probe,  ///< Anybody, at any rate: what monitors ask.
  open,   ///< Anybody.
  read,   ///< Tasks and records.
  write,  ///< New tasks, and the end of old ones.
  admin,  ///< The tasks of all callers.
};

/// The scopes of keys by name: "read-only", "read-write", "admin".
[[nodiscard]] constexpr std::string_view scope_name(permission scope) {
  if (scope == permission::admin) return "admin";
  return scope == permission::write ? "read-write" : "read-only";
}

[[nodiscard]] constexpr std::optional<permission> scope_from_name(std::string_view name) {
  for (const permission each : {permission::read, permission::write, permission::admin})
    if (scope_name(each) == name) return each;
  return std::nullopt;
}

}  // namespace trawl
