// The values of options as people write them: each function says what is wrong with one, or nullopt.
#pragma once

#include <trawl/options.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trawl {

using value_problem = std::optional<std::string>;

/// Decimal digits only. nullopt: it is no integer, or out of range.
[[nodiscard]] std::optional<std::uint64_t> parse_integer(std::string_view text, std::uint64_t least,
                                                         std::uint64_t most);
/// true, false, 1, 0.
[[nodiscard]] std::optional<bool> parse_boolean(std::string_view text);
/// "127.0.0.1:7777", "[::1]:0".
[[nodiscard]] value_problem check_listener(std::string_view text);
/// Only this machine reaches it. Of a text that check_listener() took.
[[nodiscard]] bool is_loopback_listener(std::string_view text);
/// "9.9.9.9", "9.9.9.9:53", "::1", "[::1]:53".
[[nodiscard]] value_problem check_dns_server(std::string_view text);
[[nodiscard]] value_problem check_cidr(std::string_view text);
/// HOST:PORT:ADDR, an IPv6 address with brackets or without.
[[nodiscard]] value_problem parse_resolve(std::string_view text, resolve_override& into);
/// What connect/proxy.hpp reads.
[[nodiscard]] value_problem check_proxy(std::string_view text);
/// What connect/proxy_exceptions.hpp reads; of several that are wrong, the first.
[[nodiscard]] value_problem check_no_proxy(std::string_view text);
/// A host name without a port.
[[nodiscard]] value_problem check_host_name(std::string_view text);
/// "https://a.example", "http://localhost:3000".
[[nodiscard]] value_problem check_origin(std::string_view text);
/// It can be read, and is neither a folder nor empty. A pipe is left as it is: what it has comes once.
[[nodiscard]] value_problem check_readable(const std::string& path);
/// What may stand in a header field.
[[nodiscard]] value_problem check_user_agent(std::string_view text);

}  // namespace trawl
