// Retry-After. Input: variant, value. The pause is within its bounds, and a moment that we write ourselves, in each of
// the three forms, is understood.
#include <array>
#include <ctime>

#include "fetch/retry_after.hpp"
#include "fuzz/fuzz.hpp"

using namespace trawl;
using namespace trawl::fuzz;

namespace {

constexpr std::int64_t now = 1795309013;

void check_date(std::int64_t delay) {
  const std::time_t when = now + delay;
  std::tm parts{};
  gmtime_r(&when, &parts);
  for (const char* form : {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"}) {
    std::array<char, 64> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), form, &parts);
    const auto pause = parse_retry_after({text.data(), size}, now);
    expect(pause == seconds(delay), "a date is the time until then");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const input given = read_input(data, size);
  const block exact(given.text.begin(), given.text.end());
  const auto pause = parse_retry_after(view(exact), now);
  if (!pause) return 0;
  expect(pause->count() >= 0 && pause->count() <= 1000000000, "a pause is within its bounds");
  expect(parse_retry_after(std::to_string(pause->count()), now) == pause, "a number of seconds is that");
  if (pause->count() < 1000000000) check_date(pause->count() % 800000000);
  return 0;
}
