// `trawl serve`: the service in the foreground, until SIGTERM or SIGINT.
#pragma once

#include <string>
#include <vector>

namespace trawl {

/// Arguments after the command. Returns the exit status: 0 after a signal, 1 when it could not start. A second
/// signal ends the drain; a third the process on the spot, with 128 and its number.
int serve(const std::vector<std::string>& arguments);

}  // namespace trawl
