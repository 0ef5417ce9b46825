#include "api/service/idempotency.hpp"

#include <algorithm>

namespace trawl {
namespace {

bool is_key(std::string_view text) {
  return !text.empty() && text.size() <= idempotency_keys::longest_key &&
         std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7F; });
}

}  // namespace

or_problem<idempotency_keys::claim> idempotency_keys::open(const request& asked) {
  const auto is_ours = [](const auto& field) { return field.first == "idempotency-key"; };
  const auto given = std::ranges::count_if(asked.fields, is_ours);
  if (given == 0) return claim();
  const std::string_view key = asked.field("idempotency-key");
  if (given > 1 || !is_key(key))
    return bad_header("Idempotency-Key", "must be one text of 1 to 255 printable ASCII characters");
  std::string name = asked.caller + '\0' + std::string(key);
  const auto found = entries_.find(name);
  if (found != entries_.end() && found->second.reading)
    return problem(409, "another submission with this Idempotency-Key is still being read");
  claim made(*this, name);
  if (found == entries_.end()) {
    sweep();
    entries_.emplace(std::move(name), entry());
    return made;
  }
  auto task = found->second.task.lock();
  if (task && !task->removed()) {
    made.made_ = std::move(task);
    made.content_ = found->second.content;
  } else {
    found->second = entry();  // Its task is gone, and so is the key.
  }
  return made;
}

void idempotency_keys::sweep() {
  if (entries_.size() < swept_at_) return;
  std::erase_if(entries_, [](const auto& each) {
    const auto task = each.second.task.lock();
    return !each.second.reading && (!task || task->removed());
  });
  swept_at_ = std::max<std::size_t>(64, entries_.size() * 2);
}

void idempotency_keys::claim::release() {
  if (of_ != nullptr && !made_) of_->entries_.erase(name_);
}

void idempotency_keys::claim::settle(const sha256_octets& content, const std::shared_ptr<tracked_task>& became) {
  entry& mine = of_->entries_.at(name_);
  mine.reading = false;
  mine.content = content;
  mine.task = became;
  made_ = became;
}

void add_request(sha256& content, const request& asked) {
  const auto add = [&content](std::string_view text) {
    content.add(text);
    content.add(std::string_view("\0", 1));
  };
  add(asked.method);
  add(asked.path);
  for (const auto& [key, value] : asked.asked.pairs()) {
    add(key);
    add(value);
  }
  add("");
  add(asked.field("content-type"));
}

problem key_reused() { return {422, "this Idempotency-Key was used for another submission"}; }

}  // namespace trawl
