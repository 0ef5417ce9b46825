// When a reader that has been told all there is looks again.
#pragma once

#include "base/clock.hpp"

namespace trawl {

class tracked_task;

struct next_look {
  tracked_task* of = nullptr;  ///< Whose news it waits for; the reader keeps it alive.
  bool records = true;         ///< Of each record; else only of the end of the task, or its removal.
  bool peer = true;            ///< Also when the client may have gone.
  time_point until = time_point::max();
};

/// For a reader that is told at most once every `gap`, last at `told`: until that is over it hears of nothing but the
/// end, so that a busy task does not wake it for each record; then the first record wakes it.
[[nodiscard]] inline next_look look_after(tracked_task& of, time_point told, clock::duration gap, time_point now) {
  next_look look;
  look.of = &of;
  look.records = now - told >= gap;
  if (!look.records) look.until = told + gap;
  return look;
}

/// Of a reader that wants each record: what came within it is told together.
inline constexpr milliseconds record_gap{50};

}  // namespace trawl
