// `trawl key new`: makes an API key for `trawl serve --api-key-file`.
#pragma once

#include <string>
#include <vector>

namespace trawl {

inline constexpr const char* key_synopsis = "trawl key new [--name NAME] [--read-only|--admin] [--append FILE]";

/// Arguments after the command. The key and its line for the file go to stdout; with --append the line to the file
/// instead. Returns the exit status: 0, or 1 with what is wrong on stderr.
int make_key(const std::vector<std::string>& arguments);

}  // namespace trawl
