// What serve and check have in common: read the options, settle the process, run, and turn what keeps a
// command from running into lines on stderr and exit status 1.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/options.hpp"

namespace trawl {

inline constexpr int exit_ok = 0;
inline constexpr int exit_could_not_run = 1;

/// --help goes to stdout. Otherwise what `body` returns, or 1 after start_error and whatever else is thrown.
int run_command(command which, const std::vector<std::string>& arguments,
                const std::function<int(const settings&)>& body);

/// "trawl serve: <problem>" on stderr.
void complain(command which, const std::string& problem);

}  // namespace trawl
