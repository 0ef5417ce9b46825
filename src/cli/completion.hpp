// What a shell needs to complete a command line of trawl: commands, flags, and the values of those that have a few.
// Made from the option table, so that it cannot say other than --help does.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace trawl {

/// The shells there is a script for, as "bash|zsh|fish".
inline constexpr const char* completed_shells = "bash|zsh|fish";

/// The script, to be sourced or put where the shell looks for it; nullopt for another shell.
[[nodiscard]] std::optional<std::string> completion_script(std::string_view shell);

}  // namespace trawl
