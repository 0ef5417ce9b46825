#include "stream/prometheus.hpp"

#include <doctest/doctest.h>

using namespace trawl;

TEST_CASE("prometheus text: a family has its help and type before its samples") {
  prometheus_text out;
  out.family("trawl_things_total", "counter", "Things.");
  out.sample({}, std::uint64_t{3});
  out.sample({{"kind", "blue"}, {"size", "2"}}, std::uint64_t{18446744073709551615u});
  out.sample({}, 0.25);
  CHECK(out.take() ==
        "# HELP trawl_things_total Things.\n# TYPE trawl_things_total counter\n"
        "trawl_things_total 3\ntrawl_things_total{kind=\"blue\",size=\"2\"} 18446744073709551615\n"
        "trawl_things_total 0.25\n");
}

TEST_CASE("prometheus text: quotes, backslashes and line ends of a label do not end it") {
  prometheus_text out;
  out.family("x", "gauge", "X.");
  out.sample({{"label", "a\"b\\c\nd"}}, std::uint64_t{1});
  CHECK(out.take().ends_with("x{label=\"a\\\"b\\\\c\\nd\"} 1\n"));
}

TEST_CASE("prometheus text: the buckets of a histogram add up, and the last is the count") {
  histogram took;
  took.observe_us(10);
  took.observe_us(100);
  took.observe_us(std::uint64_t{1} << 35);
  histogram_counts read;
  took.add_to(read);
  prometheus_text out;
  out.family("t_seconds", "histogram", "T.");
  out.sample({{"phase", "dns"}}, read);
  const std::string text = out.take();
  CHECK(text.find("t_seconds_bucket{phase=\"dns\",le=\"6.4e-05\"} 1\n") != std::string::npos);
  CHECK(text.find("t_seconds_bucket{phase=\"dns\",le=\"0.000128\"} 2\n") != std::string::npos);
  CHECK(text.find("t_seconds_bucket{phase=\"dns\",le=\"67.108864\"} 2\n") != std::string::npos);
  CHECK(text.find("t_seconds_bucket{phase=\"dns\",le=\"+Inf\"} 3\n") != std::string::npos);
  CHECK(text.find("t_seconds_sum{phase=\"dns\"} 34359.738478\n") != std::string::npos);
  CHECK(text.find("t_seconds_count{phase=\"dns\"} 3\n") != std::string::npos);
}
