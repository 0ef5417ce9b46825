#include "stream/results_source.hpp"

#include <charconv>
#include <utility>

#include "stream/csv.hpp"
#include "stream/json.hpp"
#include "stream/record_json.hpp"

namespace trawl {
namespace {

// Entries passed over by a filter in one call of next(): below a millisecond, or two with url=.
constexpr std::uint32_t scan_limit = 50000;

}  // namespace

results_source::results_source(std::shared_ptr<tracked_task> shown, results_query asked)
    : shown_(std::move(shown)), asked_(std::move(asked)) {
  shown_->advance();
  snapshot_ = shown_->counts().done;
}

flow results_source::next(std::string& out) {
  if (shown_->removed()) return flow::cut;
  if (!std::exchange(opened_, true)) open(out);
  if (asked_.follow) {
    shown_->advance();
    snapshot_ = shown_->counts().done;
    if (asked_.from < snapshot_) told_at_ = clock::now();
  }
  const std::size_t full = out.size() + block_bytes;
  for (std::uint32_t scanned = 0; asked_.from < snapshot_ && written_ < asked_.limit; ++scanned, ++asked_.from) {
    if (out.size() >= full || scanned == scan_limit) return flow::more;
    const auto entry = shown_->get().log(asked_.from);
    if (entry && wanted(*entry)) append_entry(out, *entry);
  }
  if (asked_.follow && shown_->running() && written_ < asked_.limit) return flow::waiting;
  return close(out);
}

next_look results_source::look() const { return look_after(*shown_, told_at_, record_gap, clock::now()); }

bool results_source::wanted(const log_entry& entry) const {
  const record_filter& filter = asked_.filter;
  if (filter.ok && *filter.ok != (entry.code == errc::none)) return false;
  if (filter.code && *filter.code != entry.code) return false;
  if (!filter.url && filter.part.empty()) return true;
  const std::string_view url = shown_->get().url(entry.index);
  return (!filter.url || *filter.url == url) && url.find(filter.part) != std::string_view::npos;
}

void results_source::append_entry(std::string& out, const log_entry& entry) {
  if (!shown_->get().read(entry.index, record_)) return;
  if (asked_.format == results_format::csv) {
    append_csv_record(out, record_);
  } else {
    if (asked_.format == results_format::page && written_ > 0) out += ',';
    append_indexed_record(out, record_);
    if (asked_.format == results_format::ndjson) out += '\n';
  }
  ++written_;
}

void results_source::open(std::string& out) {
  if (asked_.format == results_format::page) out += R"({"results":[)";
  if (asked_.format == results_format::csv) out += csv_header;
}

flow results_source::close(std::string& out) {
  if (asked_.format != results_format::page) return flow::end;
  out += R"(],"next":)";
  // All was read: of the snapshot, and the snapshot was the whole task.
  if (asked_.from == shown_->get().total())
    out += "null";
  else
    append_json_string(out, cursor_text(asked_.from));
  out += '}';
  return flow::end;
}

void results_source::append_cut(std::string& out, std::string_view problem) const {
  if (asked_.format == results_format::ndjson) out.append(R"({"problem":)").append(problem).append("}\n");
}

std::string cursor_text(std::uint64_t position) {
  std::string text = "p";
  append_number(text, position);
  return text;
}

std::optional<std::uint64_t> parse_cursor(std::string_view text) {
  std::uint64_t position = 0;
  if (!text.starts_with('p')) return std::nullopt;
  const char* const end = text.data() + text.size();
  const auto [stop, failed] = std::from_chars(text.data() + 1, end, position);
  if (failed != std::errc() || stop != end) return std::nullopt;
  return position;
}

}  // namespace trawl
