// The log: one line an event on stderr, as text or JSON; an event name and named values, never a
// sentence to be parsed. Thread-safe. Behind it stands spdlog, which only log.cpp includes.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace trawl {

enum class log_level : std::uint8_t { debug, info, warning, error, off };
enum class log_format : std::uint8_t { text, json };

struct log_field {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, double> value;
};

/// Once, before threads start. Without it: info, text.
void set_up_log(log_level level, log_format format);
/// Any time, any thread.
void change_log_level(log_level level);
[[nodiscard]] bool log_enabled(log_level level);
/// log_event(log_level::info, "task accepted", {{"task", id}, {"urls", 3}});
void log_event(log_level level, std::string_view event, std::initializer_list<log_field> fields = {});

}  // namespace trawl
