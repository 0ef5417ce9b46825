#include "shard/shard_set.hpp"

#include <algorithm>
#include <system_error>

#include "base/log.hpp"
#include "base/machine.hpp"
#include "base/process.hpp"
#include "base/start_error.hpp"
#include "shard/descriptor_plan.hpp"
#include "shard/shard.hpp"
#include "task/task_builder.hpp"

namespace trawl {
namespace {

std::vector<cidr> parse_blocks(const std::vector<std::string>& texts, std::vector<std::string>& problems) {
  std::vector<cidr> blocks;
  for (const std::string& text : texts) {
    if (const auto block = parse_cidr(text))
      blocks.push_back(*block);
    else
      problems.push_back("--allow-net " + text + ": not an address block like 10.0.0.0/8");
  }
  return blocks;
}

void report_lowered(std::size_t wanted, std::size_t allowed) {
  if (allowed >= wanted) return;
  log_event(log_level::warning, "max-in-flight lowered to what RLIMIT_NOFILE allows",
            {{"wanted", static_cast<std::int64_t>(wanted)}, {"allowed", static_cast<std::int64_t>(allowed)}});
}

// Whoever runs this must know that addresses are judged only where we dial the server ourselves.
void report_proxies(const proxy_settings& proxies, const std::string& except) {
  const auto name = [](const std::optional<proxy>& by) { return by ? by->name() : std::string("none"); };
  if (!proxies.for_http() && !proxies.for_https()) return;
  log_event(log_level::info, "fetching through proxies: what may be reached behind them is theirs to judge",
            {{"http", name(proxies.for_http())}, {"https", name(proxies.for_https())}, {"no_proxy", except}});
}

resolver_options resolver_options_of(const engine_options& options) {
  resolver_options resolver;
  resolver.servers = options.dns_server;
  resolver.overrides = options.resolve;
  // All shards ask the same servers: together they send no more at once than one would.
  resolver.max_burst = std::max<std::size_t>(10, resolver.max_burst / options.threads);
  return resolver;
}

std::unique_ptr<tls_trust> load_trust(const engine_options& options, std::vector<std::string>& problems) {
  tls_trust_options files;
  files.ca_file = options.ca_file;
  files.crl_file = options.crl_file;
  try {
    return std::make_unique<tls_trust>(files);
  } catch (const std::exception& wrong) {
    problems.emplace_back(wrong.what());
    return nullptr;
  }
}

}  // namespace

shard_set::shard_set(engine_options options, std::function<void(std::shared_ptr<task>)> tell_home)
    : options_(std::move(options)), tell_home_(std::move(tell_home)) {
  std::vector<std::string> problems;
  auto blocks = parse_blocks(options_.allow_net, problems);
  auto trust = load_trust(options_, problems);
  proxy_settings proxies(options_, problems);
  if (options_.max_in_flight == 0) problems.emplace_back("--max-in-flight 0: must be at least 1");
  if (options_.threads > window::max_shards)
    problems.push_back("--threads " + std::to_string(options_.threads) + ": at most " +
                       std::to_string(window::max_shards));
  if (!problems.empty()) throw start_error(std::move(problems));
  if (options_.threads == 0) options_.threads = std::min(usable_cores(), window::max_shards);
  const descriptor_plan plan = plan_descriptors(descriptor_limit(), options_.max_in_flight, options_.threads);
  report_lowered(options_.max_in_flight, plan.in_flight);
  options_.max_in_flight = plan.in_flight;
  left_to_others_ = plan.others;
  commons_.reset(new shard_commons{options_, address_policy(options_.listeners_are_loopback, std::move(blocks)),
                                   std::move(trust), resolver_options_of(options_),
                                   window(plan.in_flight, options_.threads),
                                   std::max<std::size_t>(1, plan.idle / options_.threads), std::move(proxies)});
  make_shards();
}

void shard_set::make_shards() {
  report_proxies(commons_->proxies, options_.no_proxy);
  const std::string& warning = commons_->trust->warning();
  if (!warning.empty()) log_event(log_level::warning, "no trusted certificates", {{"detail", warning}});
  for (std::size_t number = 0; number < options_.threads; ++number)
    shards_.push_back(std::make_unique<shard>(number, *commons_, *this));
  if (!loops_can_be_woken()) throw start_error("epoll: no memory or no watch is left for the event loops");
  commons_->slots.on_free([this](std::size_t starving) { shards_[starving]->post_wake(); });
  try {
    for (auto& each : shards_) each->start();
  } catch (const std::system_error& why) {  // No more threads: those there are must end before what they use.
    end();
    throw start_error(std::string("threads cannot be started: ") + why.what());
  }
}

shard_set::~shard_set() { end(); }

void shard_set::end() {
  for (auto& each : shards_) each->begin_close();
  for (auto& each : shards_) each->close();
}

engine_totals shard_set::totals() const {
  engine_totals sum;
  for (const auto& each : shards_) each->add_to(sum);
  sum.in_flight = options_.max_in_flight - static_cast<std::uint64_t>(commons_->slots.free());
  return sum;
}

void shard_set::submit(const std::shared_ptr<task>& accepted) {
  for (auto& each : shards_) each->post_submit(accepted);
}

void shard_set::stop(const std::shared_ptr<task>& stopped, bool in_flight_too) {
  for (auto& each : shards_) each->post_stop(stopped, in_flight_too);
}

std::size_t shard_set::owner_of(const url& where) const { return host_hash(where) % shards_.size(); }

void shard_set::hand_over(std::size_t to, std::shared_ptr<task> of, fetch&& what) {
  shards_[to]->post_fetch(std::move(of), std::move(what));
}

}  // namespace trawl
