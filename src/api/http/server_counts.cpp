#include "api/http/server_counts.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "stream/prometheus.hpp"

namespace trawl {
namespace {

// Clients may send any word; a label for each would be theirs to fill memory with.
std::string_view known_method(std::string_view method) {
  static constexpr std::array<std::string_view, 9> known{"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                                         "CONNECT", "OPTIONS", "TRACE", "PATCH"};
  const auto* const found = std::ranges::find(known, method);
  return found == known.end() ? "_OTHER" : *found;
}

}  // namespace

void server_counts::answered(std::string_view route, std::string_view method, unsigned status, clock::duration took) {
  answers_[key(route, known_method(method), status)].observe_us(static_cast<std::uint64_t>(took / microseconds(1)));
}

void server_counts::append_to(prometheus_text& out) const {
  out.family("trawl_http_server_connections", "gauge", "Open connections of clients.");
  out.sample({}, connections_);
  out.family("trawl_http_server_request_duration_seconds", "histogram",
             "Requests to the API, from their head to the last octet of the answer.");
  for (const auto& [of, took] : answers_) {
    const auto& [route, method, status] = of;
    histogram_counts read;
    took.add_to(read);
    out.sample({{"route", route}, {"method", method}, {"status", std::to_string(status)}}, read);
  }
}

}  // namespace trawl
