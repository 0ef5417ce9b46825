#include "api/http/prefer.hpp"
#include "api/routes/handlers.hpp"
#include "api/routes/validator.hpp"
#include "stream/task_json.hpp"

namespace trawl {
namespace {

constexpr seconds longest_cancel{5};
// Proxies in between give up on a silent server after a minute or so.
constexpr seconds longest_wait{60};

answer summary_of(tracked_task& shown) {
  std::string json;
  append_summary(json, shown);
  return answer(std::move(json));
}

// A client that holds a tag waits for anything new, another for the end of the task.
bool has_news(const request& asked, tracked_task& shown) {
  shown.advance();
  if (!shown.running() || shown.removed()) return true;
  return asked.has("if-none-match") && !client_has(asked, entity_tag(shown));
}

awaitable<void> wait_for_news(const request& asked, std::shared_ptr<tracked_task> shown, seconds longest) {
  next_look look;
  look.of = shown.get();
  look.records = asked.has("if-none-match");
  look.until = clock::now() + longest;
  while (!has_news(asked, *shown) && clock::now() < look.until && !asked.from->gone()) co_await asked.from->rest(look);
}

// Not for longer than that; so a client that has closed its side already is told the end all the same.
awaitable<void> wait_for_end(const request& asked, std::shared_ptr<tracked_task> shown, seconds longest) {
  next_look look;
  look.of = shown.get();
  look.records = false;
  look.peer = false;
  look.until = clock::now() + longest;
  shown->advance();
  while (shown->running() && !shown->removed() && clock::now() < look.until) co_await asked.from->rest(look);
}

answer tell(const request& asked, const std::shared_ptr<tracked_task>& shown, bool summary) {
  shown->advance();
  std::string tag = entity_tag(*shown);
  if (client_has(asked, tag)) return not_modified(std::move(tag));
  answer told;
  if (summary)
    told = summary_of(*shown);
  else
    told = answer(std::make_unique<task_source>(shown), "application/json");
  add_validator(told, std::move(tag));
  return told;
}

}  // namespace

or_problem<bool> asks_for_summary(const query& asked) {
  const auto view = asked.find("view");
  if (view && *view != "summary") return bad_parameter("view", "must be 'summary'");
  return view.has_value();
}

or_problem<std::shared_ptr<tracked_task>> find_task(const service& at, const request& asked) {
  auto found = at.crawls.tasks().find(asked.task_id);
  if (found && asked.may_see(found->get().owner())) return found;
  const std::string* const had_it = found ? nullptr : at.expiry.owner_of_expired(asked.task_id);
  if (had_it != nullptr && asked.may_see(*had_it)) return problem(410, "the task '" + asked.task_id + "' has expired");
  return problem(404, "there is no task '" + asked.task_id + "'");
}

or_problem<std::shared_ptr<tracked_task>> find_matching_task(const service& at, const request& asked) {
  auto found = find_task(at, asked);
  if (!found) return found;
  if (auto wrong = failed_precondition(asked)) return *std::move(wrong);
  return found;
}

awaitable<answer> show_task(service& at, const request& asked) {
  const auto summary = asks_for_summary(asked.asked);
  if (!summary) co_return answer(summary.error());
  auto found = find_matching_task(at, asked);
  if (!found) co_return answer(found.error());
  const std::shared_ptr<tracked_task> shown = *found;
  const auto wished = preferred_wait(asked);
  const seconds wait = std::min(wished.value_or(seconds(0)), longest_wait);
  if (wait.count() > 0) co_await wait_for_news(asked, shown, wait);
  if (shown->removed()) co_return answer(find_task(at, asked).error());
  answer told = tell(asked, shown, *summary);
  if (wished) told.fields.emplace_back("Preference-Applied", "wait=" + std::to_string(wait.count()));
  co_return told;
}

answer remove_task(service& at, const request& asked) {
  const auto found = find_matching_task(at, asked);
  if (!found) return answer(found.error());
  at.expiry.removed(asked.task_id);
  at.crawls.remove(asked.task_id);
  return answer(std::string(), 204);
}

awaitable<answer> cancel_task(service& at, const request& asked) {
  const auto found = find_matching_task(at, asked);
  if (!found) co_return answer(found.error());
  const std::shared_ptr<tracked_task> cancelled = *found;
  at.crawls.cancel(*cancelled);
  co_await wait_for_end(asked, cancelled, longest_cancel);
  co_return summary_of(*cancelled);
}

}  // namespace trawl
