// Whether a thread ever had nothing to do. It sleeps when it waits for events and there are none; the kernel counts
// that, apart from the times it was made to wait for a processor. Half a microsecond a look.
// Belongs to the thread it watches.
#pragma once

#include <sys/resource.h>

#include <utility>

namespace trawl {

class sleep_watch {
 public:
  /// The calling thread has slept since the last call. Always true where the kernel does not count.
  [[nodiscard]] bool slept() {
    rusage used{};
    getrusage(RUSAGE_THREAD, &used);
    return std::exchange(sleeps_, used.ru_nvcsw) != used.ru_nvcsw || used.ru_nvcsw == 0;
  }

 private:
  long sleeps_ = 0;
};

}  // namespace trawl
