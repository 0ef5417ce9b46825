// callback_url: when a task has ended its summary is POSTed there, signed. The engine itself sends it, as a fetch like
// any other: the same names, address policy, proxies, TLS and limits of the host. What is not answered with a 2xx is
// sent again, under the same webhook-id, for about two hours; a 410 says that nobody wants it.
// Belongs to the home loop. Not thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "api/http/timekeeper.hpp"
#include "api/service/webhook_signer.hpp"
#include "shard/crawler.hpp"

namespace trawl {

class webhooks {
 public:
  webhooks(crawler& engine, timekeeper& times, webhook_signer signer)
      : engine_(engine), times_(times), signer_(std::move(signer)) {}
  webhooks(const webhooks&) = delete;
  webhooks& operator=(const webhooks&) = delete;

  /// Without a secret nothing is signed, and so nothing is sent.
  [[nodiscard]] bool enabled() const { return signer_.has_secret(); }
  /// Delivers the summary of a task that has ended, when it has a callback_url.
  void ended(const std::shared_ptr<tracked_task>& which);
  /// Nothing is sent any more; what has not been delivered is lost, and said so.
  void stop() { stopping_ = true; }
  /// Deliveries under way; none is left soon after stop().
  [[nodiscard]] std::size_t active() const { return active_; }

 private:
  struct message {
    std::shared_ptr<tracked_task> about;
    std::string id;
    std::string body;
  };
  enum class verdict : unsigned char { delivered, unwanted, later };

  static awaitable<void> deliver(webhooks& self, std::unique_ptr<message> what);
  awaitable<verdict> attempt(const message& what);
  awaitable<void> pause(seconds span);
  [[nodiscard]] std::shared_ptr<task> request_for(const message& what) const;

  crawler& engine_;
  timekeeper& times_;
  const webhook_signer signer_;
  std::size_t active_ = 0;
  bool stopping_ = false;
};

}  // namespace trawl
