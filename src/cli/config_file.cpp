#include "cli/config_file.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/whole_file.hpp"

namespace trawl {
namespace {

using nlohmann::json;

const option* find_option(std::string_view name) {
  const auto found = std::ranges::find(option_table(), name, &option::name);
  const bool usable = found != option_table().end() && found->scope != option_scope::check && name != "config";
  return usable ? &*found : nullptr;
}

const char* expected_type(option_form form) {
  switch (form) {
    case option_form::integer:
      return "must be an integer";
    case option_form::flag:
      return "must be true or false";
    case option_form::list:
      return "must be an array of strings";
    case option_form::text:
      break;
  }
  return "must be a string";
}

bool is_list_of_strings(const json& value) {
  return value.is_array() && std::ranges::all_of(value, [](const json& each) { return each.is_string(); });
}

// The value as a flag would have it; nullopt: it is of another type.
std::optional<std::vector<std::string>> as_texts(const json& value, option_form form) {
  if (form == option_form::integer && value.is_number_integer()) return std::vector{value.dump()};
  if (form == option_form::flag && value.is_boolean()) return std::vector{value.dump()};
  if (form == option_form::text && value.is_string()) return std::vector{value.get<std::string>()};
  if (form == option_form::list && is_list_of_strings(value)) return value.get<std::vector<std::string>>();
  return std::nullopt;
}

void take(const std::string& key, const json& value, command which, const std::string& path, config_file& into) {
  const std::string source = key + " in " + path;
  const option* about = find_option(key);
  if (about == nullptr) return into.problems.push_back(source + ": no such option");
  if (!about->applies(which)) return;
  auto values = as_texts(value, about->form);
  if (!values) return into.problems.push_back(source + ": " + expected_type(about->form));
  if (!values->empty()) into.options.push_back({about, source, std::move(*values)});
}

}  // namespace

config_file read_config_file(command which, const std::string& path) {
  config_file read;
  const file_text file = read_whole_file(path);
  if (!file.wrong.empty()) {
    read.problems.push_back(path + ": " + file.wrong);
    return read;
  }
  try {
    const json content = json::parse(file.text);
    if (!content.is_object()) throw std::runtime_error("must be a JSON object");
    for (const auto& [key, value] : content.items()) take(key, value, which, path, read);
  } catch (const std::exception& wrong) {
    read.problems.push_back(path + ": " + wrong.what());
  }
  return read;
}

}  // namespace trawl
