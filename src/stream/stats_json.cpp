#include "stream/stats_json.hpp"

#include <numeric>
#include <utility>

#include "stream/json.hpp"

namespace trawl {
namespace {

constexpr std::size_t hosts_told = 50;

void append_tally(std::string& out, const host_tally& tally) {
  out += R"("ok":)";
  append_number(out, tally.ok);
  out += R"(,"failed":)";
  append_number(out, tally.failed);
  out += '}';
}

void append_hosts(std::string& out, const task_stats& shown) {
  out += R"("hosts":{"count":)";
  append_number(out, shown.hosts());
  out += R"(,"top":[)";
  bool first = true;
  for (const auto& [host, tally] : shown.top_hosts(hosts_told)) {
    out += std::exchange(first, false) ? R"({"host":)" : R"(,{"host":)";
    append_json_string(out, host);
    out += ',';
    append_tally(out, tally);
  }
  out += R"(],"others":{)";
  append_tally(out, shown.others());
  out += '}';
}

void append_bounds(std::string& out) {
  for (std::size_t n = 0; n + 1 < histogram_counts::buckets; ++n) {
    if (n > 0) out += ',';
    append_ms(out, static_cast<std::int64_t>(histogram_counts::limit_seconds(n) * 1e6 + 0.5));
  }
}

void append_phase(std::string& out, std::string_view name, const histogram_counts& took, bool first) {
  out += first ? "\"" : ",\"";
  out += name;
  out += "\":[";
  for (std::size_t n = 0; n < histogram_counts::buckets; ++n) {
    if (n > 0) out += ',';
    append_number(out, took.in[n]);
  }
  out += ']';
}

void append_timings(std::string& out, const task_stats& shown) {
  out += R"(,"timings":{"bounds_ms":[)";
  append_bounds(out);
  out += R"(],"phases":{)";
  bool first = true;
  for (std::size_t n = 0; n < timing_count; ++n) {
    const histogram_counts took = shown.took(static_cast<timing>(n));
    if (std::accumulate(took.in.begin(), took.in.end(), std::uint64_t{0}) == 0) continue;
    append_phase(out, timing_name(static_cast<timing>(n)), took, std::exchange(first, false));
  }
  out += "}}";
}

}  // namespace

void append_stats(std::string& out, const task_stats& shown) {
  out += R"({"done":)";
  append_number(out, shown.done());
  out += ',';
  append_hosts(out, shown);
  append_timings(out, shown);
  out += '}';
}

}  // namespace trawl
