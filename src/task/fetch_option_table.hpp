// The options of a task (README, Options) described once: name, kind, range and help. The submit parser, the query
// string of text submissions and the flags of `trawl check` are all read through this table.
#pragma once

#include <trawl/options.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trawl {

enum class option_kind : std::uint8_t { integer, boolean, text, method, headers };

struct fetch_option {
  std::string_view name;  ///< As in JSON; the flag is the same with '-' for '_'.
  option_kind kind;
  std::uint64_t least = 0;  ///< Of an integer; of a text: its shortest and longest length in octets.
  std::uint64_t most = 0;
  std::string_view help;  ///< One line for --help, with the default.
};

[[nodiscard]] std::span<const fetch_option> fetch_options();
/// Null when no option has that name (with '_').
[[nodiscard]] const fetch_option* find_fetch_option(std::string_view name);

/// The setters return what is wrong ("must be an integer from 0 to 10"), or nullopt when it was set.
using option_problem = std::optional<std::string>;
option_problem set_option(task_options& options, const fetch_option& which, std::uint64_t value);
option_problem set_option(task_options& options, const fetch_option& which, bool value);
/// From text, as a flag or a query value has it: numbers in decimal, true/false/1/0, GET/HEAD, "Name: value".
option_problem set_option_from_text(task_options& options, const fetch_option& which, std::string_view value);
/// Appends one header after checking it (base/header_rules).
option_problem add_header(task_options& options, std::string_view name, std::string_view value);
/// Everything in options that were filled in by hand which the setters would have refused, each named.
[[nodiscard]] std::vector<std::string> option_problems(const task_options& options);
/// "must be an integer from 1 to 3600000", "must be true or false", ... for a value of a wrong type.
[[nodiscard]] std::string expected(const fetch_option& which);

}  // namespace trawl
