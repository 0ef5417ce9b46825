#include "base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cmath>
#include <memory>
#include <new>
#include <nlohmann/json.hpp>

namespace trawl {
namespace {

// spdlog writes time, level and the line end; the fields are ours, so that both formats quote alike.
constexpr const char* text_pattern = "%Y-%m-%dT%H:%M:%S.%eZ %l %v";
constexpr const char* json_pattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})";

struct sink {
  explicit sink(log_level level = log_level::info, log_format as = log_format::text);
  log_format format;
  spdlog::logger logger;
};

spdlog::level::level_enum spdlog_level(log_level level) {
  switch (level) {
    case log_level::debug:
      return spdlog::level::debug;
    case log_level::info:
      return spdlog::level::info;
    case log_level::warning:
      return spdlog::level::warn;
    case log_level::error:
      return spdlog::level::err;
    case log_level::off:
      break;
  }
  return spdlog::level::off;
}

sink::sink(log_level level, log_format as)
    : format(as), logger("trawl", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
  logger.set_level(spdlog_level(level));
  logger.set_pattern(as == log_format::json ? json_pattern : text_pattern, spdlog::pattern_time_type::utc);
}

std::unique_ptr<sink>& current() {
  static std::unique_ptr<sink> only = std::make_unique<sink>();
  return only;
}

// As JSON has it; octets that are no UTF-8 become U+FFFD.
std::string quoted(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool is_plain(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    if (c <= ' ' || c > '~' || c == '"' || c == '\\' || c == '=') return false;
  }
  return true;
}

void append_value(std::string& line, const log_field& field, log_format format) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    line += format == log_format::text && is_plain(*text) ? std::string(*text) : quoted(*text);
  } else if (const auto* whole = std::get_if<std::int64_t>(&field.value)) {
    line += std::to_string(*whole);
  } else if (const double number = std::get<double>(field.value); std::isfinite(number)) {
    line += fmt::format("{:.3f}", number);
  } else {
    line += "null";
  }
}

std::string text_line(std::string_view event, std::initializer_list<log_field> fields) {
  std::string line(event);
  for (const log_field& field : fields) {
    line.append(" ").append(field.name).append("=");
    append_value(line, field, log_format::text);
  }
  return line;
}

std::string json_line(std::string_view event, std::initializer_list<log_field> fields) {
  std::string line = "\"event\":" + quoted(event);
  for (const log_field& field : fields) {
    line.append(",\"").append(field.name).append("\":");
    append_value(line, field, log_format::json);
  }
  return line;
}

}  // namespace

void set_up_log(log_level level, log_format format) { current() = std::make_unique<sink>(level, format); }

void change_log_level(log_level level) { current()->logger.set_level(spdlog_level(level)); }

bool log_enabled(log_level level) { return current()->logger.should_log(spdlog_level(level)); }

// A line that finds no memory is lost: whoever tells something is not to fail of it.
void log_event(log_level level, std::string_view event, std::initializer_list<log_field> fields) try {
  sink& out = *current();
  const auto at = spdlog_level(level);
  if (!out.logger.should_log(at)) return;
  const std::string line = out.format == log_format::json ? json_line(event, fields) : text_line(event, fields);
  out.logger.log(at, spdlog::string_view_t(line));
} catch (const std::bad_alloc&) {
}

}  // namespace trawl
