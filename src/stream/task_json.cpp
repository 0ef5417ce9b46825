#include "stream/task_json.hpp"

#include <algorithm>
#include <utility>

#include "stream/json.hpp"
#include "stream/record_json.hpp"

namespace trawl {
namespace {

// Inputs looked at in one call of next() although nothing is finished there: below a millisecond.
constexpr std::uint32_t scan_limit = 200000;

void append_by_code(std::string& out, const task_counts& counts) {
  out += R"(,"by_code":{)";
  bool first = true;
  for (std::size_t i = 1; i < errc_count; ++i) {
    if (counts.by_code[i] == 0) continue;
    out += first ? std::string_view("\"") : std::string_view(",\"");
    first = false;
    out += code_token(static_cast<errc>(i));
    out += "\":";
    append_number(out, counts.by_code[i]);
  }
  out += '}';
}

void append_counts(std::string& out, const tracked_task& shown) {
  const task_counts& counts = shown.counts();
  out += R"(,"total":)";
  append_number(out, shown.get().total());
  out += R"(,"done":)";
  append_number(out, counts.done);
  out += R"(,"ok":)";
  append_number(out, counts.ok);
  out += R"(,"failed":)";
  append_number(out, counts.failed());
  append_by_code(out, counts);
}

void append_progress(std::string& out, const tracked_task& shown) {
  const time_point now = clock::now();
  out += R"(,"rate_per_s":)";
  append_tenths(out, shown.rate_per_s(now));
  out += R"(,"eta_s":)";
  if (const auto eta = shown.eta_s(now))
    append_tenths(out, *eta);
  else
    out += "null";
}

// All but the closing brace.
void append_open_summary(std::string& out, const tracked_task& shown) {
  out += R"({"status":")";
  out += status_name(shown.status());
  out += R"(","label":)";
  if (const auto& label = shown.get().options().label)
    append_json_string(out, *label);
  else
    out += "null";
  append_counts(out, shown);
  append_progress(out, shown);
  out += R"(,"created_at":)";
  append_rfc3339(out, shown.get().created_at());
  out += R"(,"finished_at":)";
  if (const auto finished = shown.finished_at())
    append_rfc3339(out, *finished);
  else
    out += "null";
}

}  // namespace

void append_summary(std::string& out, const tracked_task& shown) {
  append_open_summary(out, shown);
  out += '}';
}

task_source::task_source(std::shared_ptr<tracked_task> shown, if_removed then) : shown_(std::move(shown)), then_(then) {
  shown_->advance();
  snapshot_ = shown_->counts().done;
  groups_shown_.resize(shown_->get().duplicate_groups());
  append_open_summary(head_, *shown_);
  head_ += R"(,"result":{)";
}

flow task_source::next(std::string& out) {
  if (shown_->removed() && then_ == if_removed::cut) return flow::cut;
  if (index_ == 0) out += head_;
  const std::size_t full = out.size() + block_bytes;
  const std::uint32_t total = shown_->get().total();
  const std::uint32_t stop = index_ + std::min(scan_limit, total - index_);
  for (; index_ < stop && out.size() < full; ++index_) append_entry(out);
  if (index_ < total) return flow::more;
  out += "}}";
  return flow::end;
}

// The group of equal URLs that index_ belongs to, if it has any equals.
std::optional<std::uint32_t> task_source::duplicate_group() {
  const auto duplicates = shown_->get().duplicates();
  if (next_duplicate_ == duplicates.size() || duplicates[next_duplicate_].first != index_) return std::nullopt;
  return duplicates[next_duplicate_++].second;
}

void task_source::append_entry(std::string& out) {
  const auto group = duplicate_group();
  if (group && groups_shown_[*group]) return;
  if (!shown_->get().read(index_, record_, snapshot_)) return;
  if (group) groups_shown_[*group] = true;
  if (written_++ > 0) out += ',';
  append_json_string(out, record_.url);
  out += ':';
  append_record(out, record_);
}

flow listing_source::next(std::string& out) {
  const std::size_t full = out.size() + block_bytes;
  if (!any_) out += '{';
  while (out.size() < full) {
    if (current_) {
      if (current_->next(out) == flow::more) return flow::more;
      current_.reset();
    }
    if (!open_next(out)) {
      out += '}';
      return flow::end;
    }
  }
  return flow::more;
}

bool listing_source::open_next(std::string& out) {
  const auto task = next_task_();
  if (!task) return false;
  if (std::exchange(any_, true)) out += ',';
  append_json_string(out, task->get().id());
  out += ':';
  if (with_results_) {
    current_.emplace(task, task_source::if_removed::finish);
  } else {
    task->advance();
    append_summary(out, *task);
  }
  return true;
}

}  // namespace trawl
