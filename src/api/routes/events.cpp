#include "api/http/ws_session.hpp"
#include "api/routes/handlers.hpp"
#include "api/routes/validator.hpp"
#include "stream/event_feed.hpp"
#include "stream/results_source.hpp"

namespace trawl {
namespace {

or_problem<bool> read_records(const query& asked) {
  const auto text = asked.find("records");
  if (!text || *text == "0" || *text == "false") return false;
  if (*text == "1" || *text == "true") return true;
  return bad_parameter("records", "must be 0 or 1");
}

// A client that comes back says with Last-Event-ID how far it was; its URL is still the first one.
or_problem<std::uint32_t> read_place(const request& asked, std::uint32_t total) {
  const std::string_view last = asked.field("last-event-id");
  if (last.empty()) return cursor_in_query(asked.asked, total);
  const auto position = parse_cursor(last);
  if (!position || *position > total) return bad_header("Last-Event-ID", "must be the id of an event of this task");
  return static_cast<std::uint32_t>(*position);
}

}  // namespace

or_problem<feed_query> read_feed_query(const request& asked, std::uint32_t total) {
  const auto records = read_records(asked.asked);
  if (!records) return records.error();
  const auto from = read_place(asked, total);
  if (!from) return from.error();
  feed_query wanted;
  wanted.records = *records;
  wanted.from = *from;
  return wanted;
}

answer show_events(service& at, const request& asked) {
  const auto found = find_task(at, asked);
  if (!found) return answer(found.error());
  const auto wanted = read_feed_query(asked, (*found)->get().total());
  if (!wanted) return answer(wanted.error());
  if (const auto wrong = failed_precondition(asked)) return answer(*wrong);
  answer told(std::make_unique<event_source>(*found, *wanted), "text/event-stream");
  told.fields.emplace_back("X-Accel-Buffering", "no");  // nginx in front would keep events back.
  told.codable = false;
  return told;
}

answer show_websocket(service& at, const request& asked) {
  const auto found = find_task(at, asked);
  if (!found) return answer(found.error());
  const auto wanted = read_feed_query(asked, (*found)->get().total());
  if (!wanted) return answer(wanted.error());
  if (const auto wrong = not_websocket(asked)) {
    answer told(*wrong);
    if (wrong->status != 426) return told;
    told.fields.emplace_back("Upgrade", "websocket");
    told.fields.emplace_back("Sec-WebSocket-Version", "13");
    return told;
  }
  if (const auto wrong = failed_precondition(asked)) return answer(*wrong);
  answer told(std::string(), 101);
  told.upgrade = std::make_unique<event_feed>(*found, *wanted);
  return told;
}

}  // namespace trawl
