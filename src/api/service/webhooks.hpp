// callback_url: when a task has ended its summary is POSTed there, signed if there is a secret. The engine itself sends
// it, as a fetch like any other: the same names, address policy, proxies, TLS and limits of the host. What is not
// answered with a 2xx is sent again, under the same webhook-id, for about two hours; a 410 says that nobody wants it.
// Belongs to the home loop. Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "api/http/timekeeper.hpp"
#include "api/service/webhook_signer.hpp"
#include "shard/crawler.hpp"

namespace trawl {

class webhooks {
 public:
  /// Before the second attempt, the third and so on: a receiver that restarts misses nothing.
  static constexpr std::array<milliseconds, 7> standard_pauses{seconds(1),   seconds(5),    seconds(30),  seconds(120),
                                                               seconds(600), seconds(1800), seconds(3600)};

  /// `pauses`: one before each further attempt; they outlive it.
  webhooks(crawler& engine, timekeeper& times, webhook_signer signer,
           std::span<const milliseconds> pauses = standard_pauses)
      : engine_(engine), times_(times), signer_(std::move(signer)), pauses_(pauses) {}
  webhooks(const webhooks&) = delete;
  webhooks& operator=(const webhooks&) = delete;

  /// How a delivery, or one attempt of it, came out.
  enum class verdict : unsigned char {
    delivered,
    unwanted,  ///< 410, or `on_refused` wants no more: nobody is to ask again.
    later,     ///< Not taken; of a delivery: given up after all attempts.
    stopped    ///< By stop().
  };
  /// Hears of each attempt that was not taken, by the record of its fetch, and says whether there is to be another.
  using on_refused = std::function<bool(const record&)>;

  [[nodiscard]] bool can_sign() const { return signer_.has_secret(); }
  /// Delivers the summary of a task that has ended, when it has a callback_url, and logs what came of it.
  void ended(const std::shared_ptr<tracked_task>& which);
  /// The same for who waits; the task has a callback_url.
  awaitable<verdict> deliver(std::shared_ptr<tracked_task> which, on_refused refused);
  /// Nothing is sent any more; what has not been delivered is lost, and said so.
  void stop() { stopping_ = true; }
  /// Deliveries under way; none is left soon after stop().
  [[nodiscard]] std::size_t active() const { return *active_; }

 private:
  struct message {
    explicit message(std::shared_ptr<std::size_t> active) : active_(std::move(active)) { ++*active_; }
    message(const message&) = delete;
    message& operator=(const message&) = delete;
    ~message() { --*active_; }
    std::shared_ptr<tracked_task> about;
    std::string id;
    std::string body;

   private:
    std::shared_ptr<std::size_t> active_;
  };

  std::unique_ptr<message> message_about(std::shared_ptr<tracked_task> which);
  static awaitable<void> deliver_and_log(webhooks& self, std::unique_ptr<message> what);
  awaitable<verdict> send(const message& what, const on_refused& refused);
  awaitable<verdict> attempt(const message& what, const on_refused& refused);
  awaitable<void> pause(milliseconds span);
  [[nodiscard]] std::shared_ptr<task> request_for(const message& what) const;

  crawler& engine_;
  timekeeper& times_;
  const webhook_signer signer_;
  const std::span<const milliseconds> pauses_;
  const std::shared_ptr<std::size_t> active_ = std::make_shared<std::size_t>(0);  // Messages there are.
  bool stopping_ = false;
};

}  // namespace trawl
