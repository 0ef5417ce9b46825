#include "stream/csv.hpp"

#include <algorithm>

#include "stream/json.hpp"
#include "stream/record_json.hpp"

namespace trawl {
namespace {

// What starts a formula in the spreadsheets people open such files with.
bool looks_like_formula(std::string_view text) {
  constexpr std::string_view starts = "=+-@\t\r";
  return !text.empty() && starts.find(text.front()) != std::string_view::npos;
}

bool needs_quotes(char c) { return c == ',' || c == '"' || c == '\r' || c == '\n'; }

}  // namespace

void append_csv_cell(std::string& out, std::string_view text) {
  const bool formula = looks_like_formula(text);
  if (!formula && std::none_of(text.begin(), text.end(), needs_quotes)) {
    out += text;
    return;
  }
  out += '"';
  if (formula) out += '\'';
  for (const char each : text) {
    if (each == '"') out += '"';
    out += each;
  }
  out += '"';
}

void append_csv_record(std::string& out, const record& shown) {
  append_number(out, shown.index);
  out += ',';
  append_csv_cell(out, shown.url);
  out += ',';
  if (shown.status_code != 0) append_number(out, shown.status_code);
  out += ',';
  if (fails_by_status(shown))
    append_number(out, shown.status_code);
  else
    out += http_word(shown.code);
  out += ',';
  out += code_token(shown.code);
  out += ',';
  out += phase_name(shown.where);
  out += ',';
  append_csv_cell(out, shown.detail);
  out += ',';
  append_csv_cell(out, shown.final_url);
  out += ',';
  append_number(out, shown.attempts);
  out += ',';
  if (shown.took.has(timing::total)) append_ms(out, shown.took.get(timing::total));
  out += ',';
  append_csv_cell(out, shown.content_type);
  out += ',';
  if (shown.has_body) append_number(out, shown.content_length);
  out += ',';
  out += shown.remote_ip;
  out += "\r\n";
}

}  // namespace trawl
