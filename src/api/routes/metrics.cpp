#include "api/http/server_counts.hpp"
#include "api/routes/handlers.hpp"
#include "base/process_usage.hpp"
#include "stream/prometheus.hpp"

namespace trawl {
namespace {

constexpr std::string_view class_names[6] = {"", "1xx", "2xx", "3xx", "4xx", "5xx"};

class metrics_page {
 public:
  explicit metrics_page(const service& at) : at_(at), totals_(at.crawls.totals()), load_(at.crawls.load()) {}
  std::string text() {
    add_process();
    add_tasks();
    add_fetches();
    add_connections();
    add_names();
    add_loops();
    at_.counts.append_to(out_);
    return out_.take();
  }

 private:
  void add(std::string_view name, std::string_view type, std::string_view help, std::uint64_t value) {
    out_.family(name, type, help);
    out_.sample({}, value);
  }
  void add_process();
  void add_tasks();
  void add_fetches();
  void add_connections();
  void add_names();
  void add_loops();

  const service& at_;
  const engine_totals totals_;
  const crawler_load load_;
  prometheus_text out_;
};

// The names that all clients of Prometheus give these.
void metrics_page::add_process() {
  const process_usage used = read_process_usage();
  out_.family("trawl_build_info", "gauge", "Always 1; the version is its label.");
  out_.sample({{"version", TRAWL_VERSION}}, std::uint64_t{1});
  out_.family("process_cpu_seconds_total", "counter", "User and system CPU time spent.");
  out_.sample({}, used.cpu_seconds);
  add("process_resident_memory_bytes", "gauge", "Resident memory size.", used.resident_bytes);
  add("process_virtual_memory_bytes", "gauge", "Virtual memory size.", used.virtual_bytes);
  add("process_open_fds", "gauge", "Open file descriptors.", used.open_descriptors);
  add("process_max_fds", "gauge", "Most file descriptors that may be open.", used.max_descriptors);
  out_.family("process_start_time_seconds", "gauge", "Start time of the process since the epoch.");
  out_.sample({}, used.started_at);
}

void metrics_page::add_tasks() {
  const std::uint64_t running = at_.crawls.running();
  out_.family("trawl_tasks", "gauge", "Tasks known to the service.");
  out_.sample({{"state", "running"}}, running);
  out_.sample({{"state", "ended"}}, std::uint64_t{at_.crawls.tasks().size()} - running);
  add("trawl_tasks_submitted_total", "counter", "Tasks accepted.", totals_.submitted_tasks);
  add("trawl_urls_submitted_total", "counter", "URLs accepted.", totals_.submitted_urls);
  add("trawl_urls_waiting", "gauge", "URLs of running tasks that have no record yet.", load_.waiting);
  add("trawl_urls_waiting_limit", "gauge", "More are answered 503 (--max-urls).", at_.limits.max_urls);
  add("trawl_tasks_memory_bytes", "gauge", "Memory of all tasks.", load_.task_bytes);
  add("trawl_tasks_memory_limit_bytes", "gauge", "More is answered 503 (--max-memory).", at_.limits.max_memory);
}

void metrics_page::add_fetches() {
  out_.family("trawl_fetches_total", "counter", "URLs that have ended, by error code; ok: without error.");
  for (std::size_t n = 0; n < errc_count; ++n)
    out_.sample({{"code", n == 0 ? "ok" : code_token(static_cast<errc>(n))}}, totals_.by_code[n]);
  out_.family("trawl_fetch_responses_total", "counter",
              "URLs that have ended with a response, by class of its status.");
  for (std::size_t n = 1; n < std::size(class_names); ++n)
    out_.sample({{"class", class_names[n]}}, totals_.by_status_class[n]);
  add("trawl_fetch_attempts_total", "counter", "Attempts made for URLs that have ended.", totals_.attempts);
  add("trawl_fetch_redirects_total", "counter", "Redirects followed.", totals_.redirects);
  add("trawl_fetch_body_bytes_total", "counter", "Octets of bodies received, decoded.", totals_.body_octets);
  out_.family("trawl_fetch_phase_duration_seconds", "histogram", "Phases of the last attempt, where they took place.");
  for (std::size_t n = 0; n < timing_count; ++n)
    out_.sample({{"phase", timing_name(static_cast<timing>(n))}}, totals_.took[n]);
  add("trawl_fetches_in_flight", "gauge", "Fetches under way.", totals_.in_flight);
  add("trawl_fetches_in_flight_limit", "gauge", "Most at once (--max-in-flight).", at_.crawls.max_in_flight());
  add("trawl_hosts", "gauge", "Hosts with work or connections, or remembered for politeness.", totals_.hosts);
}

void metrics_page::add_connections() {
  out_.family("trawl_connection_uses_total", "counter",
              "Requests, by whether they went over a new or a kept connection.");
  out_.sample({{"connection", "new"}}, totals_.opened);
  out_.sample({{"connection", "kept"}}, totals_.reused);
  add("trawl_connections_idle", "gauge", "Connections kept for another request.", totals_.idle_connections);
  add("trawl_dial_failures_total", "counter", "Dials that came to nothing: name, connect or TLS.",
      totals_.failed_dials);
  out_.family("trawl_tls_handshakes_total", "counter", "TLS handshakes done.");
  out_.sample({{"session", "new"}}, totals_.full_tls);
  out_.sample({{"session", "resumed"}}, totals_.resumed_tls);
}

void metrics_page::add_names() {
  out_.family("trawl_dns_lookups_total", "counter",
              "Lookups, by where the answer was: in the cache, under way already, or to be asked for.");
  out_.sample({{"from", "cache"}}, totals_.names_from_cache);
  out_.sample({{"from", "joined"}}, totals_.names_joined);
  out_.sample({{"from", "server"}}, totals_.names_asked);
  out_.family("trawl_dns_query_duration_seconds", "histogram",
              "From asking for a name until its answer, or giving up.");
  out_.sample({}, totals_.names_took);
}

void metrics_page::add_loops() {
  out_.family("trawl_loop_delay_seconds", "histogram",
              "How long event loops take to come to what is due: fetch: those that fetch; api: the one that answers.");
  out_.sample({{"loop", "fetch"}}, totals_.shard_delay);
  out_.sample({{"loop", "api"}}, totals_.home_delay);
}

}  // namespace

answer show_metrics(service& at, const request&) {
  answer told(metrics_page(at).text());
  told.content_type = prometheus_type;
  return told;
}

}  // namespace trawl
