#include <charconv>

#include "api/routes/handlers.hpp"
#include "stream/results_source.hpp"
#include "stream/task_json.hpp"

namespace trawl {
namespace {

constexpr std::uint32_t default_page = 100;
constexpr std::uint32_t largest_page = 1000;

// What GET /tasks?… asks for.
struct page_query {
  bool summary = false;
  std::vector<std::string_view> statuses;
  std::optional<std::string_view> label;
  std::uint32_t limit = default_page;
  registry::place after = registry::newest;
};

struct page {
  std::vector<std::shared_ptr<tracked_task>> tasks;
  std::size_t total = 0;     // That match, on all pages.
  registry::place last = 0;  // Of the tasks on this page.
  bool more = false;
};

or_problem<std::vector<std::string_view>> statuses_in(const query& asked) {
  std::vector<std::string_view> wanted;
  for (const auto& [key, value] : asked.pairs()) {
    if (key != "status") continue;
    if (value != "running" && value != "done" && value != "cancelled" && value != "deadline_exceeded")
      return bad_parameter("status", "must be running, done, cancelled or deadline_exceeded");
    wanted.push_back(value);
  }
  return wanted;
}

or_problem<registry::place> cursor_in(const query& asked) {
  const auto text = asked.find("cursor");
  if (!text) return registry::newest;
  const auto place = parse_cursor(*text);
  if (!place) return bad_parameter("cursor", "must be one that an earlier page gave");
  return *place;
}

or_problem<page_query> read_page_query(const query& asked) {
  page_query wanted;
  const auto summary = asks_for_summary(asked);
  if (!summary) return summary.error();
  const auto statuses = statuses_in(asked);
  if (!statuses) return statuses.error();
  const auto limit = number_in_query(asked, "limit", 1, largest_page, default_page);
  if (!limit) return limit.error();
  const auto after = cursor_in(asked);
  if (!after) return after.error();
  wanted.summary = *summary;
  wanted.statuses = *statuses;
  wanted.label = asked.find("label");
  wanted.limit = *limit;
  wanted.after = *after;
  return wanted;
}

bool matches(const page_query& wanted, tracked_task& one) {
  one.advance();
  const auto& statuses = wanted.statuses;
  if (!statuses.empty() && std::find(statuses.begin(), statuses.end(), status_name(one.status())) == statuses.end())
    return false;
  return !wanted.label || wanted.label == one.get().options().label;
}

// The next older task that this caller may see; null at the end.
std::shared_ptr<tracked_task> next_visible(const registry& tasks, const request& asked, registry::place& at) {
  auto one = tasks.next_older(at);
  while (one && !asked.may_see(one->get().owner())) one = tasks.next_older(at);
  return one;
}

page find_page(const registry& tasks, const request& asked, const page_query& wanted) {
  page found;
  registry::place at = registry::newest;
  while (auto one = next_visible(tasks, asked, at)) {
    if (!matches(wanted, *one)) continue;
    ++found.total;
    if (at >= wanted.after) continue;
    found.more = found.tasks.size() == wanted.limit || found.more;
    if (found.tasks.size() == wanted.limit) continue;
    found.tasks.push_back(std::move(one));
    found.last = at;
  }
  return found;
}

// The same query with the cursor of the next page.
std::string next_link(const query& asked, registry::place last) {
  std::string link = "</tasks?";
  for (const auto& [key, value] : asked.pairs())
    if (key != "cursor") link += key + "=" + percent_encode(value) + "&";
  return link + "cursor=" + cursor_text(last) + ">; rel=\"next\"";
}

// Owns the walk that a listing_source takes.
class walk {
 public:
  walk(const registry& tasks, const request& asked) : tasks_(tasks) {
    asked_.caller = asked.caller;
    asked_.sees_all = asked.sees_all;
  }
  std::shared_ptr<tracked_task> operator()() { return next_visible(tasks_, asked_, at_); }

 private:
  const registry& tasks_;
  request asked_;  // Only whose it is.
  registry::place at_ = registry::newest;
};

class page_walk {
 public:
  explicit page_walk(std::vector<std::shared_ptr<tracked_task>> tasks) : tasks_(std::move(tasks)) {}
  std::shared_ptr<tracked_task> operator()() { return next_ == tasks_.size() ? nullptr : std::move(tasks_[next_++]); }

 private:
  std::vector<std::shared_ptr<tracked_task>> tasks_;
  std::size_t next_ = 0;
};

answer stream_json(std::unique_ptr<block_source> source) { return answer(std::move(source), "application/json"); }

}  // namespace

or_problem<std::uint32_t> number_in_query(const query& asked, std::string_view key, std::uint32_t least,
                                          std::uint32_t most, std::uint32_t otherwise) {
  const auto text = asked.find(key);
  if (!text) return otherwise;
  std::uint32_t value = 0;
  const char* const end = text->data() + text->size();
  const auto [stop, wrong] = std::from_chars(text->data(), end, value);
  if (wrong == std::errc() && stop == end && value >= least && value <= most) return value;
  return bad_parameter(key, "must be an integer from " + std::to_string(least) + " to " + std::to_string(most));
}

answer list_tasks(service& at, const request& asked) {
  if (asked.asked.empty()) return stream_json(std::make_unique<listing_source>(walk(at.crawls.tasks(), asked), true));
  const auto wanted = read_page_query(asked.asked);
  if (!wanted) return answer(wanted.error());
  page found = find_page(at.crawls.tasks(), asked, *wanted);
  answer told = stream_json(std::make_unique<listing_source>(page_walk(std::move(found.tasks)), !wanted->summary));
  told.fields.emplace_back("X-Total-Count", std::to_string(found.total));
  if (found.more) told.fields.emplace_back("Link", next_link(asked.asked, found.last));
  return told;
}

}  // namespace trawl
