#include "task/tracked_task.hpp"

namespace trawl {

std::string_view status_name(task_status status) noexcept {
  switch (status) {
    case task_status::running:
      return "running";
    case task_status::done:
      return "done";
    case task_status::cancelled:
      return "cancelled";
    case task_status::deadline_exceeded:
      return "deadline_exceeded";
  }
  return "";
}

bool tracked_task::advance(time_point now) {
  const std::uint32_t before = counts_.done;
  while (const auto entry = task_->log(counts_.done)) {
    ++counts_.done;
    if (entry->code == errc::none)
      ++counts_.ok;
    else
      ++counts_.by_code[static_cast<std::size_t>(entry->code)];
  }
  sample_rate(now);
  if (running() && counts_.done == task_->total()) {
    finish(now);
  } else if (counts_.done == before) {
    return false;
  }
  news_.wake_all();
  return true;
}

void tracked_task::hear() {
  advance();
  if (news_.empty() || !running()) return;
  task_->want_news();
  advance();
}

void tracked_task::finish(time_point now) {
  const auto ended_as = [this](errc code) { return counts_.by_code[static_cast<std::size_t>(code)] > 0; };
  status_ = task_status::done;
  if (ended_as(errc::deadline_exceeded)) status_ = task_status::deadline_exceeded;
  if (ended_as(errc::task_cancelled) || ended_as(errc::shutdown)) status_ = task_status::cancelled;
  finished_at_ = std::chrono::system_clock::now();
  ended_ = now;
  end_.wake_all();
}

void tracked_task::listen(wait_list::listener& one) {
  news_.add(one);
  task_->want_news();
  advance();
  if (over()) news_.wake_all();
}

void tracked_task::listen_for_end(wait_list::listener& one) {
  end_.add(one);
  if (over()) end_.wake_all();
}

// Every second: half of what was, half of what the last second brought.
void tracked_task::sample_rate(time_point now) {
  if (sampled_at_ == time_point{}) sampled_at_ = task_->accepted_at();
  const double elapsed = std::chrono::duration<double>(now - sampled_at_).count();
  if (elapsed < 1) return;
  const double latest = (counts_.done - sampled_done_) / elapsed;
  rate_ = sampled_done_ == 0 ? latest : (rate_ + latest) / 2;
  sampled_done_ = counts_.done;
  sampled_at_ = now;
}

double tracked_task::rate_per_s(time_point now) const {
  if (running() && rate_ > 0) return rate_;
  const double elapsed = std::chrono::duration<double>(duration(now)).count();
  return elapsed > 0 ? counts_.done / elapsed : 0;
}

std::optional<double> tracked_task::eta_s(time_point now) const {
  if (!running()) return 0.0;
  const double rate = rate_per_s(now);
  const double left = task_->total() - counts_.done;
  constexpr double says_nothing = 365.0 * 86400;  // A rate that has all but died tells no end.
  if (rate <= 0 || left / rate > says_nothing) return std::nullopt;
  return left / rate;
}

clock::duration tracked_task::duration(time_point now) const {
  return (running() ? now : ended_) - task_->accepted_at();
}

void tracked_task::mark_removed() {
  removed_ = true;
  news_.wake_all();
  end_.wake_all();
}

}  // namespace trawl
