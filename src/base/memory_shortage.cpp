#include "base/memory_shortage.hpp"

#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string_view>

#include "base/clock.hpp"

namespace trawl {
namespace {

constexpr seconds patience{1};
constexpr long pause_ns = 5'000'000;
// Failures further apart than this are different shortages. Many pauses, which may be long on a busy machine.
constexpr milliseconds quiet{100};

struct shortage {
  time_point began{};
  time_point last{};
  bool for_ever = false;
};
thread_local shortage here;

void pause() {
  const timespec span{0, pause_ns};
  ::nanosleep(&span, nullptr);
}

// Neither the log nor stdio: both may want memory. Once a process, when it is no matter of a moment.
void tell() {
  static std::atomic<bool> told{false};
  if (told.exchange(true)) return;
  constexpr std::string_view words = "trawl: out of memory: fetching waits for some\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, words.data(), words.size());
}

// operator new calls it and tries again, until it throws ([new.delete.single]). It must not allocate.
void wait_a_moment() {
  const time_point now = clock::now();
  if (now - here.last > quiet) here.began = now;
  here.last = now;
  const bool long_since = now - here.began >= patience;
  if (long_since && !here.for_ever) throw std::bad_alloc();
  if (long_since) tell();
  pause();
}

}  // namespace

void wait_out_memory_shortages() { std::set_new_handler(wait_a_moment); }
void wait_out_memory_shortages_for_ever() { here.for_ever = true; }

bool waited_for_memory() noexcept try {
  const std::new_handler handler = std::get_new_handler();
  if (handler != nullptr) handler();
  return handler != nullptr;
} catch (const std::bad_alloc&) {
  return false;
}

void* patient_malloc(std::size_t size) noexcept {
  void* got = std::malloc(size);
  while (got == nullptr && size > 0 && waited_for_memory()) got = std::malloc(size);
  return got;
}

void* patient_realloc(void* old, std::size_t size) noexcept {
  void* got = std::realloc(old, size);
  while (got == nullptr && size > 0 && waited_for_memory()) got = std::realloc(old, size);
  return got;
}

}  // namespace trawl
