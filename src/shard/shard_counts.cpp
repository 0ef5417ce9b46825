#include "shard/shard_counts.hpp"

#include "resolve/resolver_counts.hpp"
#include "shard/engine_totals.hpp"

namespace trawl {

void shard_counts::count(const record& finished) {
  by_code[static_cast<std::size_t>(finished.code)].add();
  for (std::size_t n = 0; n < timing_count; ++n) {
    const auto part = static_cast<timing>(n);
    if (finished.took.has(part)) took[n].observe_us(static_cast<std::uint64_t>(finished.took.get(part)));
  }
  attempts.add(finished.attempts);
  if (finished.status_code != 0 && finished.status_code < 600) by_status_class[finished.status_code / 100].add();
  if (!finished.redirects.empty()) redirects.add(finished.redirects.size());
  if (finished.has_body) body_octets.add(finished.content_length);
}

void engine_totals::add(const shard_counts& of, const resolver_counts& names) {
  for (std::size_t n = 0; n < by_code.size(); ++n) by_code[n] += of.by_code[n].get();
  for (std::size_t n = 0; n < took.size(); ++n) of.took[n].add_to(took[n]);
  for (std::size_t n = 0; n < by_status_class.size(); ++n) by_status_class[n] += of.by_status_class[n].get();
  attempts += of.attempts.get();
  redirects += of.redirects.get();
  body_octets += of.body_octets.get();
  hosts += of.hosts.get();
  opened += of.lanes.opened.get();
  reused += of.lanes.reused.get();
  idle_connections += of.idle_connections.get();
  failed_dials += of.lanes.failed_dials.get();
  full_tls += of.lanes.full_tls.get();
  resumed_tls += of.lanes.resumed_tls.get();
  names_from_cache += names.from_cache.get();
  names_joined += names.joined.get();
  names_asked += names.asked.get();
  names.took.add_to(names_took);
  of.turn.add_to(shard_delay);
}

}  // namespace trawl
