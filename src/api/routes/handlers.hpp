// The handlers behind the routes, by subject; routes.cpp says which answers what.
#pragma once

#include <memory>

#include "api/http/answer.hpp"
#include "api/http/router.hpp"
#include "api/service/service.hpp"
#include "api/submit/submission.hpp"
#include "stream/event_feed.hpp"

namespace trawl {

// submit.cpp
or_problem<std::unique_ptr<intake>> submit(service& at, const request& asked);
or_problem<std::unique_ptr<intake>> create_task(service& at, const request& asked);

// tasks.cpp
answer list_tasks(service& at, const request& asked);

// task.cpp
/// Waits when the client prefers that (RFC 7240): for a change of what it has by If-None-Match, else for the end.
awaitable<answer> show_task(service& at, const request& asked);
answer remove_task(service& at, const request& asked);
/// Answers when the task has ended, which it does at once but for fetches that are just being let go.
awaitable<answer> cancel_task(service& at, const request& asked);

// retry.cpp
awaitable<answer> retry_task(service& at, const request& asked);

// results.cpp
answer show_results(service& at, const request& asked);

// events.cpp
answer show_events(service& at, const request& asked);
answer show_websocket(service& at, const request& asked);

// health.cpp
answer show_health(service& at, const request& asked);
answer show_readiness(service& at, const request& asked);

// stats.cpp
/// Answers when all that was finished when it was asked is counted.
awaitable<answer> show_stats(service& at, const request& asked);

// page.cpp
answer show_page_file(service& at, const request& asked);

// metrics.cpp
answer show_metrics(service& at, const request& asked);

/// The task the path names, or the 404, or the 410 for one that expired.
or_problem<std::shared_ptr<tracked_task>> find_task(const service& at, const request& asked);
/// The same, or the 412 for an If-Match that fails: where nothing but the task can be wrong with the request.
or_problem<std::shared_ptr<tracked_task>> find_matching_task(const service& at, const request& asked);
/// view=summary, or the 400.
or_problem<bool> asks_for_summary(const query& asked);
/// The position that `cursor` names in a task of so many inputs, 0 when it is not given, or the 400.
or_problem<std::uint32_t> cursor_in_query(const query& asked, std::uint32_t total);
/// How far and what a watcher wants to be told, or the 400.
or_problem<feed_query> read_feed_query(const request& asked, std::uint32_t total);
/// A decimal query value within its range, `otherwise` when it is not given, or the 400.
or_problem<std::uint32_t> number_in_query(const query& asked, std::string_view key, std::uint32_t least,
                                          std::uint32_t most, std::uint32_t otherwise);

}  // namespace trawl
