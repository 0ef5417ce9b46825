#include "api/http/accept.hpp"
#include "api/routes/handlers.hpp"
#include "api/routes/validator.hpp"
#include "stream/results_source.hpp"

namespace trawl {
namespace {

constexpr std::uint32_t default_page = 100;
constexpr std::uint32_t largest_page = 10000;

constexpr std::string_view json_type = "application/json";
constexpr std::string_view ndjson_type = "application/x-ndjson";
constexpr std::string_view csv_type = "text/csv; charset=utf-8";

std::string_view type_of(results_format format) {
  if (format == results_format::ndjson) return ndjson_type;
  return format == results_format::csv ? csv_type : json_type;
}

results_format accepted_format(std::string_view accept) {
  const double json = quality(accept, json_type);
  const double ndjson = quality(accept, ndjson_type);
  const double csv = quality(accept, "text/csv");
  if (ndjson > json && ndjson >= csv) return results_format::ndjson;
  return csv > json ? results_format::csv : results_format::page;
}

or_problem<results_format> read_format(const request& asked) {
  const auto named = asked.asked.find("format");
  if (!named) return accepted_format(asked.field("accept"));
  if (*named == "json") return results_format::page;
  if (*named == "ndjson") return results_format::ndjson;
  if (*named == "csv") return results_format::csv;
  return bad_parameter("format", "must be json, ndjson or csv");
}

or_problem<bool> read_follow(const query& asked, results_format format) {
  const auto text = asked.find("follow");
  if (!text || *text == "0" || *text == "false") return false;
  if (*text != "1" && *text != "true") return bad_parameter("follow", "must be 0 or 1");
  if (format != results_format::ndjson) return bad_parameter("follow", "needs format=ndjson");
  return true;
}

or_problem<record_filter> read_filter(const query& asked) {
  record_filter filter;
  if (const auto status = asked.find("status")) {
    if (*status != "ok" && *status != "failed") return bad_parameter("status", "must be ok or failed");
    filter.ok = *status == "ok";
  }
  if (const auto code = asked.find("code")) {
    filter.code = code_from_token(*code);
    if (*filter.code == errc::none) return bad_parameter("code", "must be one of the error codes");
  }
  if (const auto url = asked.find("url")) filter.url = std::string(*url);
  filter.part = asked.find("search").value_or("");
  return filter;
}

or_problem<results_query> read_results_query(const request& asked, std::uint32_t total) {
  results_query wanted;
  const auto format = read_format(asked);
  if (!format) return format.error();
  const auto follow = read_follow(asked.asked, *format);
  if (!follow) return follow.error();
  const auto filter = read_filter(asked.asked);
  if (!filter) return filter.error();
  const auto from = cursor_in_query(asked.asked, total);
  if (!from) return from.error();
  const std::uint32_t all = *format == results_format::page ? default_page : no_index;
  const auto limit = number_in_query(asked.asked, "limit", 1, largest_page, all);
  if (!limit) return limit.error();
  wanted.format = *format;
  wanted.follow = *follow;
  wanted.filter = *filter;
  wanted.from = *from;
  wanted.limit = *limit;
  return wanted;
}

}  // namespace

or_problem<std::uint32_t> cursor_in_query(const query& asked, std::uint32_t total) {
  const auto text = asked.find("cursor");
  if (!text) return std::uint32_t{0};
  const auto position = parse_cursor(*text);
  if (!position || *position > total) return bad_parameter("cursor", "must be one that this task's results gave");
  return static_cast<std::uint32_t>(*position);
}

answer show_results(service& at, const request& asked) {
  const auto found = find_task(at, asked);
  if (!found) return answer(found.error());
  const auto wanted = read_results_query(asked, (*found)->get().total());
  if (!wanted) return answer(wanted.error());
  if (const auto wrong = failed_precondition(asked)) return answer(*wrong);
  answer told(std::make_unique<results_source>(*found, *wanted), type_of(wanted->format));
  told.fields.emplace_back("Vary", "Accept");
  if (wanted->follow) told.fields.emplace_back("X-Accel-Buffering", "no");  // nginx in front would keep lines back.
  return told;
}

}  // namespace trawl
