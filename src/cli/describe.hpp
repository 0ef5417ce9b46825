// Commands by which trawl describes itself to other programs: `trawl completion SHELL` to shells, `trawl man` to man.
#pragma once

#include <string>
#include <vector>

namespace trawl {

/// Arguments after the command. The script on stdout and 0, or what is wrong on stderr and 1.
int describe_to_shell(const std::vector<std::string>& arguments);
/// The manual page on stdout and 0, or what is wrong on stderr and 1.
int describe_to_man(const std::vector<std::string>& arguments);

}  // namespace trawl
