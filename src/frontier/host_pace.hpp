// How fast a host answers: whether more connections to it could bring anything. By Little's law the connections in use
// are answers a second times the seconds an answer takes; a host that answers tens of thousands a second, each within
// some milliseconds, keeps a loop busy with few of them, and more would only wait in line here or there.
// Decides; it reads no clock. Belongs to one loop. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"

namespace trawl {

class host_pace {
 public:
  enum class verdict : std::uint8_t { unknown, quick, slow };

  /// One of its fetches is over.
  void ended() { ++ended_; }
  /// What the last whole period has shown, `in_flight` being what it has under way now.
  [[nodiscard]] verdict at(time_point now, std::size_t in_flight) {
    const auto lasted = now - since_;
    if (lasted < period) return verdict_;
    verdict_ = lasted > stale ? verdict::unknown : judge(lasted, in_flight);
    since_ = now;
    ended_ = 0;
    return verdict_;
  }

 private:
  static constexpr milliseconds period{5};
  /// Nobody asked for so long that the host may have had nothing to do meanwhile.
  static constexpr milliseconds stale{20};
  /// A quick host answers at least that often: 20,000 a second, a fifth of what one loop can do at best.
  static constexpr microseconds most_between_answers{50};
  /// And no answer takes longer than that.
  static constexpr milliseconds most_for_an_answer{50};

  [[nodiscard]] verdict judge(clock::duration lasted, std::size_t in_flight) const {
    const auto answers = static_cast<clock::rep>(ended_);
    const bool often = most_between_answers * answers >= lasted;
    const bool soon = lasted * static_cast<clock::rep>(in_flight) <= most_for_an_answer * answers;
    return often && soon ? verdict::quick : verdict::slow;
  }

  verdict verdict_ = verdict::unknown;
  std::size_t ended_ = 0;
  time_point since_{};
};

}  // namespace trawl
