#include "cli/progress.hpp"

#include <doctest/doctest.h>

using namespace trawl;

namespace {

progress some(std::uint64_t done) {
  progress now;
  now.total = 1000;
  now.done = done;
  now.rate_per_s = 812.4;
  now.eta_s = (1000 - static_cast<double>(done)) / 812.4;
  return now;
}

}  // namespace

TEST_CASE("progress: the line shows share, counts, rate and time to the end") {
  CHECK(render_progress(some(420), 80) ==
        "[################------------------------]   42%  420/1000  812/s  ETA 0:01");
}

TEST_CASE("progress: failures are shown once there are some") {
  progress now = some(420);
  now.failed = 3;
  CHECK(render_progress(now, 120).ends_with("  42%  420/1000  3 failed  812/s  ETA 0:01"));
}

TEST_CASE("progress: no line is wider than the terminal, and the counts are the last to go") {
  progress now = some(999);
  now.failed = 12;
  for (std::size_t width = 0; width < 200; ++width) CHECK(render_progress(now, width).size() <= width);
  CHECK(render_progress(now, 14) == " 99%  999/1000");
  CHECK(render_progress(now, 13) == " 99%");
  CHECK(render_progress(now, 3).empty());
}

TEST_CASE("progress: 100% is shown only when nothing is left") {
  progress now = some(999);
  now.total = now.done + 1;
  CHECK(render_progress(now, 20).starts_with(" 99%"));
  now.done = now.total;
  CHECK(render_progress(now, 20).starts_with("100%"));
}

TEST_CASE("progress: a task without URLs is complete") { CHECK(render_progress(progress{}, 12) == "100%  0/0"); }

TEST_CASE("progress: spans are minutes, then hours; an unknown one is a dash") {
  progress now = some(1);
  now.eta_s = 59.2;
  CHECK(render_progress(now, 40).ends_with("ETA 1:00"));
  now.eta_s = 3723;
  CHECK(render_progress(now, 40).ends_with("ETA 1:02:03"));
  now.eta_s = 1e12;
  CHECK(render_progress(now, 40).ends_with("ETA >100 h"));
  now.eta_s.reset();
  CHECK(render_progress(now, 40).ends_with("ETA -"));
}

TEST_CASE("progress: the summary counts what succeeded and what failed") {
  progress end = some(1000);
  end.failed = 3;
  CHECK(render_summary(end, std::chrono::milliseconds(1231)) == "1000 URLs in 1.2 s (812/s): 997 ok, 3 failed");
  end.total = 1010;
  CHECK(render_summary(end, std::chrono::seconds(1)).ends_with("997 ok, 3 failed, 10 not checked"));
  end.total = end.done = 1;
  end.failed = 0;
  end.rate_per_s = 4.04;
  CHECK(render_summary(end, std::chrono::milliseconds(247)) == "1 URL in 0.2 s (4.0/s): 1 ok, 0 failed");
}
