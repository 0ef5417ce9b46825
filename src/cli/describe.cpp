#include "cli/describe.hpp"

#include <cstdio>

#include "cli/completion.hpp"
#include "cli/man_page.hpp"
#include "cli/start.hpp"

namespace trawl {
namespace {

constexpr const char* completion_usage =
    "Usage: trawl completion bash|zsh|fish\n"
    "\n"
    "Prints a script that completes the command lines of trawl.\n"
    "  bash   . <(trawl completion bash)\n"
    "  zsh    . <(trawl completion zsh)\n"
    "  fish   trawl completion fish | source\n";
constexpr const char* man_usage =
    "Usage: trawl man\n"
    "\n"
    "Prints the manual page: trawl man | man -l -\n";

int print(const std::string& text) {
  const bool written = std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
  return written ? exit_ok : exit_could_not_run;
}

int refuse(const char* usage) {
  std::fputs(usage, stderr);
  return exit_could_not_run;
}

bool asks_for_help(const std::vector<std::string>& arguments) {
  return arguments.size() == 1 && (arguments[0] == "--help" || arguments[0] == "-h");
}

}  // namespace

int describe_to_shell(const std::vector<std::string>& arguments) {
  if (asks_for_help(arguments)) return print(completion_usage);
  const auto script = arguments.size() == 1 ? completion_script(arguments[0]) : std::nullopt;
  return script ? print(*script) : refuse(completion_usage);
}

int describe_to_man(const std::vector<std::string>& arguments) {
  if (asks_for_help(arguments)) return print(man_usage);
  return arguments.empty() ? print(man_page()) : refuse(man_usage);
}

}  // namespace trawl
