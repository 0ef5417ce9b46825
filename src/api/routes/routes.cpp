#include "api/routes/routes.hpp"

#include <algorithm>

#include "api/routes/docs_files.hpp"
#include "api/routes/handlers.hpp"
#include "api/routes/page_files.hpp"

namespace trawl {
namespace {

using answer_now = answer (*)(service&, const request&);
using answer_later = awaitable<answer> (*)(service&, const request&);
using read_body = or_problem<std::unique_ptr<intake>> (*)(service&, const request&);

awaitable<answer> call(answer_now handler, service& at, const request& asked) { co_return handler(at, asked); }

plain_handler now(service& at, answer_now handler) {
  return [&at, handler](const request& asked) { return call(handler, at, asked); };
}
plain_handler later(service& at, answer_later handler) {
  return [&at, handler](const request& asked) { return handler(at, asked); };
}
intake_handler body(service& at, read_body handler) {
  return [&at, handler](const request& asked) { return handler(at, asked); };
}

}  // namespace

std::vector<route> make_routes(service& at) {
  using enum permission;
  std::vector<route> routes{
      {"POST", "/submit", write, body(at, submit), {}},
      {"POST", "/tasks", write, body(at, create_task), {}},
      {"GET", "/tasks", read, now(at, list_tasks), {"view", "status", "label", "limit", "cursor"}, "status"},
      {"GET", "/tasks/{id}", read, later(at, show_task), {"view"}},
      {"DELETE", "/tasks/{id}", write, now(at, remove_task), {}},
      {"POST", "/tasks/{id}/cancel", write, later(at, cancel_task), {}},
      {"POST", "/tasks/{id}/retry", write, later(at, retry_task), {}},
      {"GET",
       "/tasks/{id}/results",
       read,
       now(at, show_results),
       {"status", "code", "url", "search", "limit", "cursor", "format", "follow"}},
      {"GET", "/tasks/{id}/stats", read, later(at, show_stats), {}},
      {"GET", "/tasks/{id}/events", read, now(at, show_events), {"records", "cursor"}},
      {"GET", "/tasks/{id}/ws", read, now(at, show_websocket), {"records", "cursor"}},
      {"GET", "/healthz", probe, now(at, show_health), {}},
      {"GET", "/readyz", probe, now(at, show_readiness), {}},
      {"GET", "/metrics", read, now(at, show_metrics), {}},
      {"GET", "/openapi.json", open, now(at, show_page_file), {}},
      {"GET", "/", open, now(at, show_page_file), {}},
  };
  if (has_swagger_ui()) routes.push_back({"GET", "/docs", open, now(at, show_page_file), {}});
  const auto known = [&routes](std::string_view path) {
    return std::ranges::find(routes, path, &route::path) != routes.end();
  };
  for (const auto files : {page_files(), docs_files()})
    for (const page_file& each : files)
      if (!known(each.path)) routes.push_back({"GET", each.path, open, now(at, show_page_file), {}});
  return routes;
}

}  // namespace trawl
