#include "api/routes/handlers.hpp"
#include "api/routes/validator.hpp"

namespace trawl {
namespace {

constexpr submission_rules retry_rules{.json_by_look = false, .status = 202, .says_when = true};

// Picks the inputs that failed, in the order of the first submission, a slice at a time: a task may be large.
class failed_inputs {
 public:
  explicit failed_inputs(tracked_task& of) : of_(of.get()), failed_(of.get().total()) {
    of.advance();
    finished_ = of.counts().done;
  }
  /// The next slice into `again`; false: that was the last.
  bool add_some(task_builder& again) {
    std::uint32_t left = slice;
    for (; left > 0 && looked_at_ < finished_; --left) note(*of_.log(looked_at_++));
    if (looked_at_ < finished_) return true;
    for (; left > 0 && index_ < of_.total(); --left, ++index_)
      if (failed_[index_]) again.add_again(of_, index_);
    return index_ < of_.total();
  }

 private:
  static constexpr std::uint32_t slice = 5000;  // Some milliseconds.
  void note(const log_entry& entry) { failed_[entry.index] = entry.code != errc::none; }

  const task& of_;
  std::uint32_t finished_ = 0;
  std::uint32_t looked_at_ = 0;
  std::uint32_t index_ = 0;
  std::vector<bool> failed_;
};

sha256_octets content_of(const request& asked) {
  sha256 content;
  add_request(content, asked);
  return content.finish();
}

awaitable<or_problem<std::shared_ptr<task>>> build(service& at, const request& asked,
                                                   std::shared_ptr<tracked_task> of) {
  submission_room room(at);
  failed_inputs failed(*of);
  task_builder again(at.crawls.shards());
  again.options() = of->get().options();
  again.set_through_proxy(of->get().through_proxy() || came_through_proxy(asked));
  again.set_owner(of->get().owner());
  while (failed.add_some(again)) {
    if (auto full = room.count(again)) co_return *std::move(full);
    co_await at.times.yield();
  }
  if (auto full = room.count(again)) co_return *std::move(full);
  co_return again.finish();
}

}  // namespace

awaitable<answer> retry_task(service& at, const request& asked) {
  if (at.draining) co_return answer(not_now("the service is shutting down"));
  auto found = find_task(at, asked);
  if (!found) co_return answer(found.error());
  auto claimed = at.keys.open(asked);
  if (!claimed) co_return answer(claimed.error());
  if (claimed->first() && !claimed->same(content_of(asked))) co_return answer(key_reused());
  if (const auto wrong = failed_precondition(asked)) co_return answer(*wrong);
  if (claimed->first()) co_return accepted(claimed->first()->get(), retry_rules);
  auto built = co_await build(at, asked, *found);
  if (!built) co_return answer(built.error());
  if (at.draining) co_return answer(not_now("the service is shutting down"));
  const auto started = at.crawls.submit(std::move(*built), asked.id);
  if (claimed->keyed()) claimed->settle(content_of(asked), started);
  co_return accepted(started->get(), retry_rules);
}

}  // namespace trawl
