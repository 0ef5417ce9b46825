// How many connections a loop has use for. Every host may have a few, whatever else goes on. Beyond that one more is
// opened only while the loop keeps up, which it says itself about once a millisecond: it went to sleep meanwhile, so
// everything was done, and no turn of it was long. A loop that never sleeps gains nothing from another connection; it
// only takes longer to come round to each, and to a new host's first. And a host that is quick has enough at some
// number, however idle the loop. So a host that takes a second to answer gets thousands, and a fast one no more than
// pay, whatever the machine: on a slower one a loop is full sooner.
//
// A handshake is work for both sides, also one that fails: as much as fifty answers over a kept connection. So hosts
// whose last one failed, suspects, get only a little of a loop that serves others, and all they want when it does not.
//
// Decides; it reads no clock. Belongs to one loop. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/clock.hpp"
#include "frontier/host_pace.hpp"

namespace trawl {

class lane_budget {
 public:
  /// What a host may have in any case: as many as browsers open, and as public hosts get at all.
  static constexpr std::size_t few = 6;
  /// What pays for a quick host.
  static constexpr std::size_t enough = 32;
  /// How many more are opened, or fewer kept, from one look to the next. Opening one takes about 40 us.
  static constexpr std::size_t step = 16;
  /// At most. Where hosts only wait, timers make a millisecond or two of it.
  static constexpr microseconds look_every{500};
  /// While others are served one fetch of all suspects starts that often: a twentieth of the loop's time or so.
  static constexpr milliseconds spare_every{10};

  /// Something put last in line by the loop was reached after `took`.
  void turned(clock::duration took) { longest_turn_ = std::max(longest_turn_, took); }
  [[nodiscard]] bool look_due(time_point now) const { return now >= next_look_; }
  [[nodiscard]] time_point next_look() const { return next_look_; }
  /// How the loop is doing. `slept`: it had nothing to do at some moment since the last look.
  void look(time_point now, bool slept) {
    next_look_ = now + look_every;
    const bool keeps_up = slept && longest_turn_ <= good_turn;
    spare_ = keeps_up && !served_ ? step : 0;
    served_ = false;
    credit_ = keeps_up ? std::max(credit_, step) : credit_ / 2;
    surplus_ = longest_turn_ > bad_turn ? step : 0;
    longest_turn_ = {};
  }

  /// One more fetch may start at a host that has `in_flight`.
  [[nodiscard]] bool permits(std::size_t in_flight, host_pace::verdict pace) const {
    if (in_flight < few) return true;
    if (in_flight >= enough && pace != host_pace::verdict::slow) return false;
    return credit_ > 0;
  }
  /// It has started.
  void started(std::size_t in_flight_before) {
    if (in_flight_before >= few && credit_ > 0) --credit_;
  }
  /// A fetch of a host that is no suspect has ended.
  void served() { served_ = true; }
  /// A fetch may start at a suspect, if its host permits() it.
  [[nodiscard]] bool spares(time_point now) const { return spare_ > 0 || now >= next_spared_; }
  /// It has started.
  void spared(time_point now) {
    if (spare_ > 0)
      --spare_;
    else
      next_spared_ = now + spare_every;
  }
  /// A lane of a host that has `in_flight` others at work should not go on.
  [[nodiscard]] bool surplus(std::size_t in_flight, host_pace::verdict pace) {
    if (in_flight >= enough && pace == host_pace::verdict::quick) return true;
    if (in_flight < few || surplus_ == 0) return false;
    --surplus_;
    return true;
  }
  /// A lane made way for another host, which may have it.
  void passed_on(std::size_t in_flight_left) {
    if (in_flight_left >= few) ++credit_;
  }

 private:
  static constexpr milliseconds good_turn{1};
  static constexpr milliseconds bad_turn{2};

  std::size_t credit_ = step;
  std::size_t surplus_ = 0;
  std::size_t spare_ = 0;
  bool served_ = false;
  time_point next_spared_{};
  clock::duration longest_turn_{};
  time_point next_look_{};
};

}  // namespace trawl
