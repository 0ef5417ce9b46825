// How many connections to one host may be on their way at once, so that its backlog is not overrun: a server that
// listen(2)s with room for five drops what comes beyond. 32 are enough where they come about within milliseconds. For a
// host that is far away it is as in TCP's slow start (RFC 5681, section 3.1): one more for each that came about; when a
// SYN was lost 32 again, and from then on one more for as many as there may be.
//
// That is not enough where whoever got in is answered at once. Others, whose handshake looks done from here and is not,
// then wait in vain for longer and longer, because new ones come all the time. Such a host is overrun() and should get
// no more connections than a quick one. One that takes its time to answer may have all it can hold.
//
// Decides; it reads no clock. Belongs to its host. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/clock.hpp"

namespace trawl {

class connect_limit {
 public:
  static constexpr std::size_t at_first = 32;
  /// A SYN that was not answered is sent again after a second (RFC 6298, section 2.1): what took that long lost one. A
  /// bit less, for what clocks may round.
  static constexpr milliseconds sent_again{950};
  /// What takes less is not far away: 32 of those are 1,600 a second.
  static constexpr milliseconds near{20};
  /// So long a lost SYN tells of the host.
  static constexpr seconds remembered{60};
  /// An answer that began so soon began at once.
  static constexpr milliseconds at_once{100};

  /// Another may begin. If not, ended() tells when.
  [[nodiscard]] bool permits() {
    held_back_ = on_their_way_ >= most_;
    return !held_back_;
  }
  [[nodiscard]] std::size_t on_their_way() const { return on_their_way_; }
  void began() { ++on_their_way_; }
  /// One came about at `now`, after `took`.
  void connected(time_point now, clock::duration took) {
    if (took >= sent_again) return lost(now);
    if (took < near || ++came_about_ < (lost_until_ == time_point{} ? 1 : most_)) return;
    ++most_;
    came_about_ = 0;
  }
  /// One is no longer on its way. True: one that was held back may begin.
  [[nodiscard]] bool ended() {
    --on_their_way_;
    return held_back_ && permits();
  }
  /// An answer began `took` after its request.
  void answered(clock::duration took) { quickest_ = std::min(quickest_, took); }
  /// It has lost a SYN lately, and since then answered at once.
  [[nodiscard]] bool overrun(time_point now) const { return now < lost_until_ && quickest_ <= at_once; }

 private:
  void lost(time_point now) {
    if (now >= lost_until_) quickest_ = clock::duration::max();
    lost_until_ = now + remembered;
    most_ = at_first;
    came_about_ = 0;
  }

  std::size_t on_their_way_ = 0;
  std::size_t most_ = at_first;
  std::size_t came_about_ = 0;
  bool held_back_ = false;
  time_point lost_until_{};
  clock::duration quickest_ = clock::duration::max();
};

}  // namespace trawl
