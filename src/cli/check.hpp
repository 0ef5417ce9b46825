// `trawl check`: the engine once, without a server: URLs in, a record each on stdout, progress on stderr.
#pragma once

#include <string>
#include <vector>

namespace trawl {

/// Arguments after the command. Returns the exit status: 0 all ok, 1 could not run, 2 some URL failed; after
/// SIGINT, SIGTERM or when nobody reads stdout any more 128 and the signal's number, as shells have it.
int check(const std::vector<std::string>& arguments);

}  // namespace trawl
