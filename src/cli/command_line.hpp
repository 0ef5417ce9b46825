// The arguments of one command, split into options and inputs, and its --help. Behind it stands CLI11,
// which only command_line.cpp includes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/option_table.hpp"

namespace trawl {

struct command_line {
  std::vector<given> options;
  std::vector<std::string> inputs;    ///< What is no option; check only.
  std::optional<std::string> help;    ///< --help was among them.
  std::vector<std::string> problems;  ///< Unknown options and missing values.
};

[[nodiscard]] command_line parse_command_line(command which, const std::vector<std::string>& arguments);

}  // namespace trawl
