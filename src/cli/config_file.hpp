// The configuration file: one JSON object whose keys are the options of the table.
#pragma once

#include <string>
#include <vector>

#include "cli/option_table.hpp"

namespace trawl {

struct config_file {
  std::vector<given> options;
  std::vector<std::string> problems;  ///< Each names the file and the key.
};

/// Keys of the other command are taken and left aside, so that one file serves both.
[[nodiscard]] config_file read_config_file(command which, const std::string& path);

}  // namespace trawl
