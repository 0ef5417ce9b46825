// Every option of the command line described once: flags, environment, configuration file and --help are
// all read through this table.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trawl {

struct settings;

/// `trawl serve` and `trawl check`.
enum class command : std::uint8_t { serve, check };
[[nodiscard]] std::string_view command_name(command which);

enum class option_form : std::uint8_t {
  integer,  ///< A JSON integer.
  text,     ///< A JSON string.
  list,     ///< May be given more than once; by comma in the environment, a JSON array in the file.
  flag,     ///< Given or not: no value on the command line, true or false elsewhere.
};

enum class option_scope : std::uint8_t {
  serve,
  check,  ///< Of one run, so on the command line only.
  both,
};

struct option {
  std::string name;  ///< Field and configuration key; the flag has '-' for '_'.
  option_form form = option_form::text;
  option_scope scope = option_scope::both;
  std::string group;  ///< Its heading in --help.
  std::string value;  ///< The word for its value in --help, e.g. "ADDR:PORT".
  std::string help;
  std::string aliases;  ///< Further flags as CLI11 takes them, e.g. ",-q".
  /// Puts one value where it belongs; what is wrong with it, or nullopt.
  std::function<std::optional<std::string>(settings&, const std::string&)> set;
  bool secret = false;  ///< Its value is not repeated where something is wrong with it.

  [[nodiscard]] std::string flag() const;      ///< "--max-urls"
  [[nodiscard]] std::string variable() const;  ///< "TRAWL_MAX_URLS"; empty: none.
  [[nodiscard]] bool applies(command which) const;
};

/// In the order of --help.
[[nodiscard]] const std::vector<option>& option_table();

/// What one source said about one option.
struct given {
  const option* about = nullptr;
  std::string source;  ///< "--max-urls", "TRAWL_MAX_URLS", "max_urls in trawl.json"
  std::vector<std::string> values;
};

}  // namespace trawl
