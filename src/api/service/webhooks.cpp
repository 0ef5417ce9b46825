#include "api/service/webhooks.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>

#include "base/log.hpp"
#include "stream/json.hpp"
#include "stream/task_json.hpp"
#include "task/task_builder.hpp"

namespace trawl {
namespace {

constexpr milliseconds stop_look{200};
constexpr std::uint32_t timeout_ms = 15000;
constexpr std::uint64_t longest_answer = 65536;  // Nobody reads it.

std::string summary_with_id(const tracked_task& about) {
  std::string summary;
  append_summary(summary, about);
  std::string body = R"({"task_id":)";
  append_json_string(body, about.get().id());
  body += ',';
  return body.append(summary, 1);
}

task_options options_of_request() {
  task_options options;
  options.method = http_method::post;
  options.timeout_ms = timeout_ms;
  options.max_redirects = 0;
  options.retries = 0;
  options.max_body_bytes = longest_answer;
  options.keep_alive = false;
  return options;
}

void log_delivery(log_level level, std::string_view what, const task& about, std::uint16_t status) {
  log_event(level, what, {{"task", about.id()}, {"status", std::int64_t{status}}});
}

// An exception in there is a bug, and silence would hide it.
void rethrow(const std::exception_ptr& bug) {
  if (bug) std::rethrow_exception(bug);
}

}  // namespace

std::unique_ptr<webhooks::message> webhooks::message_about(std::shared_ptr<tracked_task> which) {
  auto made = std::make_unique<message>(active_);
  made->id = "msg_" + new_uuid();
  made->body = summary_with_id(*which);
  made->about = std::move(which);
  return made;
}

void webhooks::ended(const std::shared_ptr<tracked_task>& which) {
  if (!which->get().options().callback_url) return;
  asio::co_spawn(times_.loop(), deliver_and_log(*this, message_about(which)), rethrow);
}

awaitable<void> webhooks::deliver_and_log(webhooks& self, std::unique_ptr<message> what) {
  co_await self.times_.yield();  // The engine is told of an end while it goes through its tasks.
  const on_refused nobody;
  const verdict said = co_await self.send(*what, nobody);
  const task& about = what->about->get();
  if (said == verdict::later) log_delivery(log_level::warning, "webhook given up", about, 0);
  if (said == verdict::stopped)
    log_delivery(log_level::warning, "webhook not delivered before the end of the service", about, 0);
}

awaitable<webhooks::verdict> webhooks::deliver(std::shared_ptr<tracked_task> which, on_refused refused) {
  const std::unique_ptr<const message> what = message_about(std::move(which));
  co_return co_await send(*what, refused);
}

awaitable<webhooks::verdict> webhooks::send(const message& what, const on_refused& refused) {
  for (std::size_t attempts = 0; !stopping_; ++attempts) {
    const verdict said = co_await attempt(what, refused);
    if (said != verdict::later || attempts == pauses_.size()) co_return said;
    co_await pause(pauses_[attempts]);
  }
  co_return verdict::stopped;
}

awaitable<webhooks::verdict> webhooks::attempt(const message& what, const on_refused& refused) {
  const auto sent = engine_.submit_unlisted(request_for(what));
  while (sent->running()) co_await sent->news().wait();
  record answered;
  sent->get().read(0, answered);
  const bool delivered = answered.status_code >= 200 && answered.status_code < 300 && answered.ok();
  log_delivery(log_level::info, delivered ? "webhook delivered" : "webhook refused", what.about->get(),
               answered.status_code);
  if (delivered) co_return verdict::delivered;
  const bool again = !refused || refused(answered);
  if (!again || answered.status_code == 410) co_return verdict::unwanted;
  co_return verdict::later;
}

awaitable<void> webhooks::pause(milliseconds span) {
  const time_point until = clock::now() + span;
  for (time_point now = clock::now(); now < until && !stopping_; now = clock::now())
    co_await times_.sleep(std::min(stop_look, std::chrono::ceil<milliseconds>(until - now)));
}

std::shared_ptr<task> webhooks::request_for(const message& what) const {
  const task& about = what.about->get();
  const std::int64_t now = epoch_seconds();
  task_builder request(engine_.shards());
  request.options() = options_of_request();
  request.options().headers = {
      {"Content-Type", "application/json"}, {"webhook-id", what.id}, {"webhook-timestamp", std::to_string(now)}};
  if (can_sign()) request.options().headers.emplace_back("webhook-signature", signer_.sign(what.id, now, what.body));
  request.set_through_proxy(about.through_proxy());
  request.set_body(what.body);
  request.add_url(*about.options().callback_url);
  return request.finish();
}

}  // namespace trawl
