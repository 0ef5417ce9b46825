#include "cli/proxy_environment.hpp"

#include <cctype>

#include "cli/option_values.hpp"
#include "connect/proxy.hpp"

namespace trawl {
namespace {

struct variable {
  std::string name;
  std::string value;  ///< Empty: nobody set it.
};

variable find_variable(const environment& env, std::string name) {
  const auto value_of = [&env](const std::string& wanted) {
    const char* const value = env(wanted.c_str());
    return std::string(value == nullptr ? "" : value);
  };
  if (std::string value = value_of(name); !value.empty()) return {std::move(name), std::move(value)};
  for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  std::string value = value_of(name);
  return {std::move(name), std::move(value)};
}

bool is_direct(const std::string& text) {
  std::optional<proxy> read;
  return !parse_proxy(text, read) && !read;
}

std::string read_proxy(const environment& env, const char* name, reading& into) {
  variable said = find_variable(env, name);
  if (said.value.empty()) said = find_variable(env, "all_proxy");
  if (const auto wrong = check_proxy(said.value)) {
    std::string problem = said.name + ": " + *wrong;
    if (into.problems.empty() || into.problems.back() != problem) into.problems.push_back(std::move(problem));
  }
  return std::move(said.value);
}

}  // namespace

void read_proxy_variables(const environment& env, reading& into) {
  into.values.engine.http_proxy = read_proxy(env, "http_proxy", into);
  into.values.engine.https_proxy = read_proxy(env, "https_proxy", into);
}

void read_no_proxy(const environment& env, reading& into) {
  engine_options& engine = into.values.engine;
  if (is_direct(engine.http_proxy) && is_direct(engine.https_proxy)) return;
  variable said = find_variable(env, "no_proxy");
  if (const auto wrong = check_no_proxy(said.value)) into.problems.push_back(said.name + ": " + *wrong);
  engine.no_proxy = std::move(said.value);
}

}  // namespace trawl
