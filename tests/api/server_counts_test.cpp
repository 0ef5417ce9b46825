#include "api/http/server_counts.hpp"

#include <doctest/doctest.h>

#include "stream/prometheus.hpp"

using namespace trawl;

namespace {

std::string text_of(const server_counts& counts) {
  prometheus_text out;
  counts.append_to(out);
  return out.take();
}

}  // namespace

TEST_CASE("server counts: answers are told by route, method and status") {
  server_counts counts;
  counts.opened();
  counts.opened();
  counts.closed();
  counts.answered("/tasks/{id}", "GET", 200, milliseconds(3));
  counts.answered("/tasks/{id}", "GET", 200, milliseconds(5));
  counts.answered("/tasks/{id}", "GET", 404, milliseconds(1));
  const std::string text = text_of(counts);
  CHECK(text.find("trawl_http_server_connections 1\n") != std::string::npos);
  CHECK(text.find("_count{route=\"/tasks/{id}\",method=\"GET\",status=\"200\"} 2\n") != std::string::npos);
  CHECK(text.find("_sum{route=\"/tasks/{id}\",method=\"GET\",status=\"200\"} 0.008\n") != std::string::npos);
  CHECK(text.find("_count{route=\"/tasks/{id}\",method=\"GET\",status=\"404\"} 1\n") != std::string::npos);
}

TEST_CASE("server counts: methods that HTTP does not know share one label, so clients cannot fill memory") {
  server_counts counts;
  counts.answered("", "BREW", 405, milliseconds(1));
  counts.answered("", "WHEN", 405, milliseconds(1));
  CHECK(text_of(counts).find("_count{route=\"\",method=\"_OTHER\",status=\"405\"} 2\n") != std::string::npos);
}
