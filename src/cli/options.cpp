#include "cli/options.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "cli/command_line.hpp"
#include "cli/config_file.hpp"
#include "cli/option_values.hpp"
#include "cli/proxy_environment.hpp"

namespace trawl {
namespace {

// "a, b,,c" -> a b c
std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::string_view item = trim_ows(take_until(text, ','));
    if (!item.empty()) items.emplace_back(item);
  }
  return items;
}

// An empty variable says nothing: so container files pass on what is not set.
std::vector<given> read_environment(command which, const environment& env) {
  std::vector<given> told;
  for (const option& each : option_table()) {
    const std::string variable = each.variable();
    if (!each.applies(which) || variable.empty()) continue;
    const char* const value = env(variable.c_str());
    if (value == nullptr || *value == '\0') continue;
    auto values = each.form == option_form::list ? split_list(value) : std::vector<std::string>{value};
    if (!values.empty()) told.push_back({&each, variable, std::move(values)});
  }
  return told;
}

const given* find(const std::vector<given>& told, std::string_view name) {
  const auto found = std::ranges::find_if(told, [name](const given& each) { return each.about->name == name; });
  return found == told.end() ? nullptr : &*found;
}

// What `weaker` says where nobody stronger said anything.
void merge(std::vector<given>& stronger, std::vector<given> weaker) {
  for (given& each : weaker) {
    if (find(stronger, each.about->name) == nullptr) stronger.push_back(std::move(each));
  }
}

// Of an option that takes one value, given more than once, the last holds.
void apply(const given& said, reading& into) {
  const auto& values = said.values;
  const bool all = said.about->form == option_form::list;
  for (std::size_t at = all ? 0 : values.size() - 1; at < values.size(); ++at) {
    if (const auto wrong = said.about->set(into.values, values[at])) {
      const std::string shown = said.about->secret ? "" : " '" + values[at] + "'";
      into.problems.push_back(said.source + shown + ": " + *wrong);
    }
  }
}

// README, What is safe by default: whoever reaches a listener that is not loopback must be let in on purpose.
void judge_listeners(const std::vector<given>& told, reading& into) {
  server_options& server = into.values.server;
  if (server.listen.empty()) server.listen = server_options{}.listen;
  const auto far = std::ranges::find_if_not(server.listen, is_loopback_listener);
  into.values.engine.listeners_are_loopback = far == server.listen.end();
  if (server.tls_cert.empty() != server.tls_key.empty())
    into.problems.emplace_back(server.tls_key.empty() ? "--tls-cert: needs --tls-key" : "--tls-key: needs --tls-cert");
  const bool keyed = !server.api_key_file.empty();
  if (keyed && server.no_auth) into.problems.emplace_back("--no-auth: contradicts --api-key-file");
  if (far == server.listen.end() || server.no_auth || keyed) return;
  const given* said = find(told, "listen");
  into.problems.push_back(
      (said != nullptr ? said->source : "--listen") + " '" + *far +
      "': a listener that is not loopback needs --api-key-file, or --no-auth, which lets in whoever reaches it");
}

}  // namespace

reading read_options(command which, const std::vector<std::string>& arguments, const environment& env) {
  reading read;
  command_line line = parse_command_line(which, arguments);
  read.help = std::move(line.help);
  if (read.help) return read;
  read.problems = std::move(line.problems);
  read.values.inputs = std::move(line.inputs);

  std::vector<given> told = std::move(line.options);
  merge(told, read_environment(which, env));
  if (const given* config = find(told, "config")) {
    config_file file = read_config_file(which, config->values.back());
    read.problems.insert(read.problems.end(), file.problems.begin(), file.problems.end());
    merge(told, std::move(file.options));
  }
  read.values.server.listen.clear();
  if (which == command::check) read.values.log = log_level::warning;
  for (const given& each : told) apply(each, read);
  judge_listeners(told, read);
  if (find(told, "proxy") == nullptr) read_proxy_variables(env, read);
  read_no_proxy(env, read);
  return read;
}

}  // namespace trawl
