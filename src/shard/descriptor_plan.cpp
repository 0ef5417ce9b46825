#include "shard/descriptor_plan.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace trawl {
namespace {

// Standard streams, listeners, signals, the home loop's three, a file or two; and of each thread its loop's three and
// a UDP and a TCP socket for DNS.
constexpr std::size_t own = 16;
constexpr std::size_t own_of_a_thread = 5;
// Others have a third where there are few, and no need of more than this and some where there are many.
constexpr std::size_t enough_for_others = 128;

std::size_t less(std::size_t a, std::size_t b) { return a > b ? a - b : 0; }

}  // namespace

descriptor_plan plan_descriptors(std::size_t all, std::size_t wanted, std::size_t threads) {
  const std::size_t rest = less(all, own + own_of_a_thread * threads);
  const std::size_t fetching = rest - std::min(enough_for_others + all / 16, rest / 3);
  descriptor_plan plan;
  plan.in_flight = std::max<std::size_t>(1, std::min(wanted, fetching - fetching / 8));
  plan.idle = std::max<std::size_t>(1, std::min(less(fetching, plan.in_flight), plan.in_flight));
  plan.others = std::max<std::size_t>(1, less(rest, plan.in_flight + plan.idle));
  return plan;
}

std::size_t descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return std::size_t{1} << 20;
  return limit.rlim_cur;
}

}  // namespace trawl
