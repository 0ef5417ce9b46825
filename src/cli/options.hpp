// What the command line, the environment and the configuration file may say, as one struct. Flags win
// over environment, environment over file; where nobody says anything, the default of the struct holds.
// Everything wrong is told at once, each named by where it came from.
#pragma once

#include <trawl/options.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "api/server.hpp"
#include "base/log.hpp"
#include "cli/option_table.hpp"

namespace trawl {

/// How `check` prints records.
enum class record_format : std::uint8_t { table, ndjson, csv, json };

struct settings {
  engine_options engine;
  server_options server;  ///< serve only, but for webhook_secret_file.
  task_options task;      ///< check only.
  /// How long fetches in flight may go on after SIGTERM. Orchestrators send SIGKILL after ten.
  std::chrono::seconds drain_timeout{3};
  log_level log = log_level::info;
  log_format log_as = log_format::text;
  record_format format = record_format::table;
  bool quiet = false;
  /// Keys of certificates are read as OpenSSL 3.0 does by itself (connect/tls_legacy_decoder.hpp says what that costs).
  bool no_legacy_decoder = false;
  /// What check reads: files, "-", URLs; in order.
  std::vector<std::string> inputs;
};

/// One command line, read.
struct reading {
  settings values;
  std::optional<std::string> help;    ///< It was asked for; nothing else counts then.
  std::vector<std::string> problems;  ///< One sentence each; not empty: do not start.
};

/// The value of an environment variable, or nullptr.
using environment = std::function<const char*(const char*)>;

/// `arguments`: those after the command. Reads the file that --config or TRAWL_CONFIG names, and looks
/// whether ca_file and crl_file can be opened. Never throws for what a user wrote.
[[nodiscard]] reading read_options(command which, const std::vector<std::string>& arguments, const environment& env);

}  // namespace trawl
