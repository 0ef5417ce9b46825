// trawl: a table of contents. `serve` runs the service: a task arrives (api/), is remembered (task/), its turn
// comes (frontier/), it is fetched on its shard (shard/, resolve/, connect/, fetch/) and handed out (stream/).
// `check` sends one task the same way without a server.
#include <cstdio>
#include <string>
#include <vector>

#include "base/memory_shortage.hpp"
#include "cli/check.hpp"
#include "cli/describe.hpp"
#include "cli/key.hpp"
#include "cli/serve.hpp"

namespace {

// Before anything else is made, so that no static object dies of a moment without memory.
struct patience {
  patience() { trawl::wait_out_memory_shortages(); }
};
[[maybe_unused, gnu::init_priority(101)]] const patience first;

constexpr const char* version = "trawl " TRAWL_VERSION "\n";
constexpr const char* usage =
    "trawl takes batches of URLs, fetches them all at once, and tells for each exactly what happened.\n"
    "\n"
    "Usage: trawl COMMAND [OPTION...]\n"
    "\n"
    "Commands:\n"
    "  serve       Run the service: batches come and results go over HTTP\n"
    "  check       Fetch URLs once and print what happened to each\n"
    "  key         Make a key for the API\n"
    "  completion  Print a script that completes command lines, for bash, zsh or fish\n"
    "  man         Print the manual page\n"
    "\n"
    "  trawl COMMAND --help shows the options of a command.\n"
    "  -h,--help   Print this help and exit\n"
    "  --version   Print the version and exit\n"
    "\n"
    "Examples:\n"
    "  trawl serve --listen 127.0.0.1:7777\n"
    "  trawl check https://example.com/ urls.txt\n";

int print(const char* text) { return std::fputs(text, stdout) < 0 || std::fflush(stdout) != 0 ? 1 : 0; }

int refuse(const std::string& command) {
  if (!command.empty()) std::fprintf(stderr, "trawl: %s: no such command\n\n", command.c_str());
  std::fputs(usage, stderr);
  return 1;
}

}  // namespace

int main(int count, char** words) {
  const std::string command = count > 1 ? words[1] : "";
  const std::vector<std::string> arguments(words + (count > 1 ? 2 : count), words + count);
  if (command == "serve") return trawl::serve(arguments);
  if (command == "check") return trawl::check(arguments);
  if (command == "key") return trawl::make_key(arguments);
  if (command == "completion") return trawl::describe_to_shell(arguments);
  if (command == "man") return trawl::describe_to_man(arguments);
  if (command == "--version") return print(version);
  if (command == "--help" || command == "-h" || command == "help") return print(usage);
  return refuse(command);
}
