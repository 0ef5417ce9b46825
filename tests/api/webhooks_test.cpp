// The schedule of webhooks as it runs, with short pauses in place of hours: what a receiver is sent, and how it ends.
#include "api/service/webhooks.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <numeric>

#include "base/log.hpp"
#include "shard/engine_fixture.hpp"
#include "shard/scripted_server.hpp"

using namespace trawl;
using namespace trawl::test;

namespace {

using verdict = webhooks::verdict;

constexpr std::array<milliseconds, 7> short_pauses{10ms, 20ms, 30ms, 40ms, 50ms, 60ms, 70ms};

struct call {
  time_point at;
  std::string id;
};

std::string id_in(const std::string& head) {
  constexpr std::string_view name = "webhook-id: ";
  const std::size_t begin = head.find(name);
  return begin == std::string::npos ? "" : head.substr(begin, head.find('\r', begin) - begin);
}

// A receiver that answers as it is told, and what sends to it.
class exchange_of_hooks {
 public:
  /// `says`: for the first call, the second and so on; the last one from then on.
  explicit exchange_of_hooks(std::vector<answer> says)
      : says_(std::move(says)), receiver_([this](const request& asked) { return hear(asked); }) {
    set_up_log(log_level::off, log_format::text);
  }
  ~exchange_of_hooks() { times_.stop(); }

  /// Has the summary of a task that has ended delivered, to the end.
  verdict deliver() {
    std::optional<verdict> said;
    const webhooks::on_refused refused = [this](const record& answered) {
      refusals_.push_back(answered.code);
      return true;
    };
    asio::co_spawn(engine_.home, hooks.deliver(ended_task(), refused), [&](std::exception_ptr failed, verdict how) {
      CHECK_FALSE(failed);
      said = how;
    });
    REQUIRE(engine_.until([&] { return said.has_value(); }));
    return *said;
  }
  bool until_calls(std::size_t count) {
    return engine_.until([&] { return calls().size() >= count; });
  }
  bool until_idle() {
    return engine_.until([&] { return hooks.active() == 0; });
  }
  tracked ended_task() {
    task_options options;
    options.callback_url = receiver_.url("/hook");
    return engine_.run({"no URL"}, options);
  }
  std::vector<call> calls() const {
    const std::lock_guard hold(lock_);
    return calls_;
  }
  /// What became of each attempt that was not taken.
  const std::vector<errc>& refusals() const { return refusals_; }

 private:
  answer hear(const request& asked) {
    const std::lock_guard hold(lock_);
    const std::size_t number = std::min(calls_.size(), says_.size() - 1);
    calls_.push_back({clock::now(), id_in(asked.head)});
    return says_[number];
  }

  mutable std::mutex lock_;
  std::vector<answer> says_;
  std::vector<call> calls_;
  std::vector<errc> refusals_;
  scripted_server receiver_;
  engine_fixture engine_;
  timekeeper times_{engine_.home.get_executor()};

 public:
  webhooks hooks{*engine_.machine, times_, webhook_signer(), short_pauses};
};

}  // namespace

TEST_CASE("webhooks: seven further attempts within two hours, ever later") {
  // [api 2.37]
  const auto& pauses = webhooks::standard_pauses;
  CHECK(pauses.size() == 7);
  CHECK(std::ranges::is_sorted(pauses));
  const milliseconds all = std::accumulate(pauses.begin(), pauses.end(), milliseconds(0));
  CHECK(all > std::chrono::hours(1));
  CHECK(all < std::chrono::hours(2));
}

TEST_CASE("webhooks: what nobody takes is sent eight times, each after its pause, and given up") {
  // [api 2.37]
  exchange_of_hooks over(
      {status(500), status(302, "Location: /elsewhere\r\n"), status(404), {"", then::reset}, status(503), status(429)});
  CHECK(over.deliver() == verdict::later);
  const std::vector<call> calls = over.calls();
  REQUIRE(calls.size() == short_pauses.size() + 1);
  CHECK(over.refusals().size() == calls.size());
  for (std::size_t i = 0; i < short_pauses.size(); ++i) {
    CHECK(calls[i + 1].at - calls[i].at >= short_pauses[i]);
    CHECK(calls[i + 1].id == calls[0].id);
  }
  CHECK(calls[0].id.starts_with("webhook-id: msg_"));
}

TEST_CASE("webhooks: the last attempt may be the one that is taken, and nothing follows it") {
  // [api 2.35, 2.37]
  std::vector<answer> says(short_pauses.size(), status(500));
  says.push_back(status(204));
  exchange_of_hooks over(std::move(says));
  CHECK(over.deliver() == verdict::delivered);
  CHECK(over.calls().size() == 8);
  CHECK(over.refusals().size() == 7);
}

TEST_CASE("webhooks: 410 ends it, whenever it comes") {
  // [api 2.37]
  for (const std::size_t before : {0U, 3U, 7U}) {
    std::vector<answer> says(before, status(500));
    says.push_back(status(410));
    exchange_of_hooks over(std::move(says));
    CHECK(over.deliver() == verdict::unwanted);
    CHECK(over.calls().size() == before + 1);
  }
}

TEST_CASE("webhooks: a receiver that names a time with 503 is not asked before") {
  // [api 2.37]
  exchange_of_hooks over({status(503, "Retry-After: 1\r\n"), status(200)});
  CHECK(over.deliver() == verdict::delivered);
  const std::vector<call> calls = over.calls();
  REQUIRE(calls.size() == 2);
  CHECK(calls[1].at - calls[0].at >= 1s);
}

TEST_CASE("webhooks: a receiver that wants rest for longer than trawl waits is left alone, attempt by attempt") {
  // [api 2.37]
  exchange_of_hooks over({status(429, "Retry-After: 3600\r\n"), status(200)});
  CHECK(over.deliver() == verdict::later);
  CHECK(over.calls().size() == 1);
  CHECK(over.refusals() == std::vector<errc>(8, errc::rate_limited));
}

TEST_CASE("webhooks: an end that nobody waits for is delivered and given up the same way") {
  // [api 2.35, 2.37]
  exchange_of_hooks over({status(500)});
  over.hooks.ended(over.ended_task());
  CHECK(over.hooks.active() == 1);
  CHECK(over.until_idle());
  CHECK(over.calls().size() == 8);
}

TEST_CASE("webhooks: stop() ends the pause between two attempts") {
  exchange_of_hooks over({status(500)});
  over.hooks.ended(over.ended_task());
  REQUIRE(over.until_calls(2));
  over.hooks.stop();
  CHECK(over.until_idle());
  CHECK(over.calls().size() < 8);
}
