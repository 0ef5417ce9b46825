#include "frontier/fetch.hpp"

#include "frontier/task_run.hpp"

namespace trawl {

void fetch::reset(task_run& of, std::uint32_t input, time_point queued) {
  run = &of;
  index = input;
  attempts = 0;
  head_refused = false;
  took = timings{};
  waiting_since = queued;
  restart();
}

void fetch::restart() {
  method = head_refused ? http_method::get : run->of->options().method;
  from_public = false;
  new_attempt = true;
  at.clear();
  hops.clear();
  spent = nanoseconds(0);
  const timings before = took;
  took = timings{};
  if (before.has(timing::queue)) took.set(timing::queue, before.get(timing::queue));
}

std::string_view fetch::url_text() const { return at.empty() ? run->of->url(index) : std::string_view(at); }

}  // namespace trawl
