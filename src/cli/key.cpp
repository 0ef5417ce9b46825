#include "cli/key.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <optional>

#include "api/door/api_keys.hpp"
#include "cli/start.hpp"

namespace trawl {
namespace {

constexpr const char* usage =
    "Usage: trawl key new [--name NAME] [--read-only|--admin] [--append FILE]\n"
    "\n"
    "Makes a key for the API. It is shown this once: the key file of trawl serve\n"
    "--api-key-file has only its hash.\n"
    "  --name NAME    Whose key it is; keys of one name have the same tasks [default]\n"
    "  --read-only    It may look at tasks, and change nothing\n"
    "  --admin        It may do all, with the tasks of all callers\n"
    "  --append FILE  Add its line to the key file, and print the key alone\n"
    "  -h,--help      Print this help and exit\n"
    "\n"
    "Examples:\n"
    "  trawl key new --name ci --append /etc/trawl.keys\n"
    "  curl -H \"Authorization: Bearer $KEY\" http://127.0.0.1:7777/tasks\n";

struct wanted_key {
  std::string name = "default";
  permission scope = permission::write;
  std::string append_to;
};

int refuse(const std::string& why) {
  std::fprintf(stderr, "trawl key: %s\n%s", why.c_str(), usage);
  return exit_could_not_run;
}

// The value of `flag` at `at`, as "--flag value" or "--flag=value"; nullopt: it is another.
std::optional<std::string> value_of(const std::vector<std::string>& words, std::size_t& at, const std::string& flag) {
  if (words[at].starts_with(flag + "=")) return words[at].substr(flag.size() + 1);
  if (words[at] != flag) return std::nullopt;
  return ++at < words.size() ? words[at] : std::string();
}

// What is wrong with them; empty: nothing.
std::string read_arguments(const std::vector<std::string>& words, wanted_key& into) {
  bool scoped = false;
  for (std::size_t at = 1; at < words.size(); ++at) {
    const std::string word = words[at];
    if (word == "--read-only" || word == "--admin") {
      if (std::exchange(scoped, true)) return "a key has one scope: --read-only, --admin, or neither";
      into.scope = word == "--admin" ? permission::admin : permission::read;
    } else if (auto name = value_of(words, at, "--name")) {
      if (!is_key_name(*name)) return "--name '" + *name + "': must be 1 to 64 letters, digits, '.', '_' and '-'";
      into.name = *std::move(name);
    } else if (auto file = value_of(words, at, "--append")) {
      if (file->empty()) return "--append: its value is missing";
      into.append_to = *std::move(file);
    } else {
      return word + ": no such option";
    }
  }
  return {};
}

// One write, so that a service that reads the file meanwhile sees all of the line or nothing. What it begins with ends
// a last line that has no end. Empty: done.
std::string append_line(const std::string& path, const std::string& line) {
  const int file = ::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file < 0) return std::strerror(errno);
  char last = '\n';
  struct stat seen {};
  if (::fstat(file, &seen) == 0 && seen.st_size > 0 && ::pread(file, &last, 1, seen.st_size - 1) != 1) last = '\n';
  const std::string text = (last == '\n' ? "" : "\n") + line + "\n";
  const ssize_t written = ::write(file, text.data(), text.size());
  const std::string wrong =
      written == static_cast<ssize_t>(text.size()) ? "" : std::strerror(written < 0 ? errno : ENOSPC);
  ::close(file);
  return wrong;
}

int make_one(const wanted_key& wanted) {
  const fresh_key made = make_api_key(wanted.name, wanted.scope);
  if (!wanted.append_to.empty()) {
    const std::string wrong = append_line(wanted.append_to, made.line);
    if (!wrong.empty()) {
      std::fprintf(stderr, "trawl key: %s: %s\n", wanted.append_to.c_str(), wrong.c_str());
      return exit_could_not_run;
    }
    std::printf("%s\n", made.secret.c_str());
  } else {
    std::printf("The key, shown this once: %s\nIts line for the key file: %s\n", made.secret.c_str(),
                made.line.c_str());
  }
  return std::fflush(stdout) == 0 ? exit_ok : exit_could_not_run;
}

}  // namespace

int make_key(const std::vector<std::string>& arguments) {
  for (const std::string& each : arguments)
    if (each == "--help" || each == "-h") return std::fputs(usage, stdout) < 0 ? exit_could_not_run : exit_ok;
  if (arguments.empty() || arguments[0] != "new") return refuse("what to do is missing: new");
  wanted_key wanted;
  if (const std::string wrong = read_arguments(arguments, wanted); !wrong.empty()) return refuse(wrong);
  try {
    return make_one(wanted);
  } catch (const std::exception& failed) {
    return refuse(failed.what());
  }
}

}  // namespace trawl
