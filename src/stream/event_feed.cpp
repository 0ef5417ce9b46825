#include "stream/event_feed.hpp"

#include <algorithm>

#include "stream/record_json.hpp"
#include "stream/results_source.hpp"
#include "stream/task_json.hpp"

namespace trawl {

flow event_feed::next(feed_event& into, time_point now) {
  if (shown_->removed()) return flow::cut;
  shown_->advance(now);
  if (progress_is_due(now)) {
    told_at_ = now;
    told_done_ = shown_->counts().done;
    tell_summary(into, "progress", asked_.records ? asked_.from : told_done_);
    return flow::more;
  }
  if (asked_.records && tell_record(into)) {
    recorded_at_ = now;
    return flow::more;
  }
  if (shown_->running()) return flow::waiting;
  tell_summary(into, "end", shown_->get().total());
  return flow::end;
}

next_look event_feed::look(time_point now) const {
  next_look look = asked_.records ? look_after(*shown_, recorded_at_, record_gap, now)
                                  : look_after(*shown_, told_at_, progress_interval, now);
  if (shown_->counts().done != told_done_) look.until = std::min(look.until, told_at_ + progress_interval);
  return look;
}

bool event_feed::progress_is_due(time_point now) const {
  if (told_done_ == no_index) return true;
  return shown_->counts().done != told_done_ && now - told_at_ >= progress_interval && shown_->running();
}

void event_feed::tell_summary(feed_event& into, std::string_view name, std::uint32_t cursor) {
  into.name = name;
  into.cursor = cursor;
  into.data.clear();
  append_summary(into.data, *shown_);
}

bool event_feed::tell_record(feed_event& into) {
  if (asked_.from >= shown_->counts().done) return false;
  const auto entry = shown_->get().log(asked_.from);
  if (!entry || !shown_->get().read(entry->index, record_)) return false;
  into.name = "record";
  into.cursor = ++asked_.from;
  into.data.clear();
  append_indexed_record(into.data, record_);
  return true;
}

flow event_source::next(std::string& out) {
  const time_point now = clock::now();
  const std::size_t full = out.size() + block_bytes;
  while (out.size() < full) {
    const flow state = feed_.next(event_, now);
    if (state == flow::waiting && now - spoke_at_ >= silence_) {
      out += ": still here\n\n";
      spoke_at_ = now;
    }
    if (state == flow::waiting || state == flow::cut) return state;
    spoke_at_ = now;
    out.append("event: ").append(event_.name).append("\nid: ").append(cursor_text(event_.cursor));
    out.append("\ndata: ").append(event_.data).append("\n\n");
    if (state == flow::end) return state;
  }
  return flow::more;
}

next_look event_source::look() const {
  next_look look = feed_.look(clock::now());
  look.until = std::min(look.until, spoke_at_ + silence_);
  return look;
}

void event_source::append_cut(std::string& out, std::string_view problem) const {
  out.append("event: problem\ndata: ").append(problem).append("\n\n");
}

}  // namespace trawl
