#include "api/routes/handlers.hpp"
#include "stream/stats_json.hpp"

namespace trawl {
namespace {

// A few milliseconds: others want to be answered, too.
constexpr std::uint32_t records_a_turn = 5000;

}  // namespace

awaitable<answer> show_stats(service& at, const request& asked) {
  const auto found = find_matching_task(at, asked);
  if (!found) co_return answer(found.error());
  const std::shared_ptr<tracked_task> shown = *found;
  shown->advance();
  const std::uint32_t until = shown->counts().done;
  while (!shown->removed() && !shown->stats().advance(shown->get(), until, records_a_turn))
    co_await at.times.sleep(milliseconds(0));
  if (shown->removed()) co_return answer(find_task(at, asked).error());
  std::string json;
  append_stats(json, shown->stats());
  co_return answer(std::move(json));
}

}  // namespace trawl
