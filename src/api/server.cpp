#include "api/server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <charconv>
#include <optional>

#include "api/admission.hpp"
#include "api/routes/routes.hpp"
#include "api/service/service.hpp"
#include "api/session.hpp"
#include "base/log.hpp"
#include "base/machine.hpp"
#include "base/start_error.hpp"
#include "base/whole_file.hpp"

namespace trawl {
namespace {

constexpr int backlog = 4096;
// Out of descriptors: some connection or fetch must end first. Nothing tells us, so look again.
constexpr milliseconds accept_pause{100};
constexpr milliseconds moment{300};    // For answers under way when it closes,
constexpr milliseconds cut_time{300};  // and for the last word of a stream.
constexpr milliseconds close_look{10};

std::optional<tcp::endpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  error_code ec;
  const auto address = asio::ip::make_address(host, ec);
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, wrong] = std::from_chars(text.data() + colon + 1, end, port);
  if (ec || wrong != std::errc() || stop != end || address.is_v6() != bracketed) return std::nullopt;
  return tcp::endpoint(address, port);
}

std::string endpoint_text(const tcp::endpoint& at) {
  const std::string host = at.address().to_string();
  return (at.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(at.port());
}

service_limits limits_of(const server_options& options) {
  service_limits limits;
  limits.max_body = options.max_body;
  limits.max_urls = options.max_urls;
  limits.max_memory = options.max_memory != 0 ? options.max_memory : usable_memory() / 10 * 6;
  limits.task_ttl = seconds(options.task_ttl);
  return limits;
}

door_options entry_of(const server_options& options) {
  door_options entry;
  entry.allowed_hosts = options.allowed_host;
  entry.cors_origins = options.cors_origin;
  entry.rate_limit = options.rate_limit;
  return entry;
}

// The exception that cannot happen, or memory that ran out: one connection lost, and not in silence.
void log_end(const std::exception_ptr& failed) {
  if (!failed) return;
  try {
    std::rethrow_exception(failed);
  } catch (const std::exception& e) {
    log_event(log_level::error, "connection failed", {{"reason", e.what()}});
  }
}

}  // namespace

struct server::core : std::enable_shared_from_this<core> {
  core(crawler& engine, const executor_type& on, server_options asked)
      : options(std::move(asked)),
        context(on, entry_of(options)),
        served(engine, context.times, context.counts, limits_of(options),
               signer_from_file(options.webhook_secret_file)),
        crowd(context, options.max_connections, options.max_connections_per_address) {
    context.routes = router(make_routes(served));
  }

  const server_options options;
  session_context context;
  service served;
  std::vector<acceptor_type> acceptors;
  std::size_t accepting = 0;  // Accept loops that run.
  admission crowd;

  std::optional<std::string> open(const std::string& address);
  std::vector<std::string> read_keys();
  std::vector<std::string> read_certificate();
  std::vector<std::string> read_files();
  void start(socket_type socket);

  static awaitable<void> accept_loop(std::shared_ptr<core> self, std::size_t which);
  static awaitable<void> accept_one(std::shared_ptr<core> self, std::size_t which);
  static awaitable<void> serve(std::unique_ptr<session> one);
  static awaitable<void> refuse(socket_type socket, std::string words);
};

// What is wrong with it, if something is.
std::optional<std::string> server::core::open(const std::string& address) {
  const auto at = parse_endpoint(address);
  if (!at) return "listen " + address + ": not ADDR:PORT";
  if (!at->address().is_loopback() && !options.no_auth && options.api_key_file.empty())
    return "listen " + address +
           ": beyond loopback anyone could make this machine fetch; --api-key-file asks for keys, --no-auth allows it";
  acceptor_type acceptor(context.loop);
  error_code ec;
  acceptor.open(at->protocol(), ec);
  if (!ec) acceptor.set_option(acceptor_type::reuse_address(true), ec);
  if (!ec && at->address().is_v6()) acceptor.set_option(asio::ip::v6_only(true), ec);
  if (!ec) acceptor.bind(*at, ec);
  // Else Asio waits for the next connection when one was given up, while others may be there already.
  if (!ec) acceptor.set_option(asio::socket_base::enable_connection_aborted(true), ec);
  if (!ec) acceptor.listen(backlog, ec);
  if (ec) return "listen " + address + ": " + ec.message();
  acceptors.push_back(std::move(acceptor));
  return std::nullopt;
}

// What is wrong with them, if anything is.
std::vector<std::string> server::core::read_keys() {
  if (options.api_key_file.empty()) return {};
  const file_text file = read_whole_file(options.api_key_file);
  std::vector<std::string> problems =
      file.wrong.empty() ? context.entrance.read_keys(file.text) : std::vector<std::string>{file.wrong};
  for (std::string& each : problems) each = "api-key-file " + options.api_key_file + ": " + each;
  return problems;
}

std::vector<std::string> server::core::read_certificate() {
  if (options.tls_cert.empty() && options.tls_key.empty()) return {};
  return context.identity.read(options.tls_cert, options.tls_key);
}

std::vector<std::string> server::core::read_files() {
  std::vector<std::string> problems = read_keys();
  for (std::string& each : read_certificate()) problems.push_back(std::move(each));
  return problems;
}

awaitable<void> server::core::accept_loop(std::shared_ptr<core> self, std::size_t which) {
  ++self->accepting;
  while (!self->served.draining) {
    try {
      co_await accept_one(self, which);
    } catch (const std::bad_alloc& lost) {  // One connection. What would stop for good here is the whole API.
      log_event(log_level::warning, "connection lost", {{"reason", lost.what()}});
    }
  }
  --self->accepting;
}

awaitable<void> server::core::accept_one(std::shared_ptr<core> self, std::size_t which) {
  socket_type socket(self->context.loop);
  acceptor_type& at = self->acceptors[which];
  const auto [ec] = co_await at.async_accept(socket, use_tuple);
  if (!ec) {
    self->start(std::move(socket));
  } else if (!self->served.draining && ec != asio::error::connection_aborted) {
    self->crowd.relieve(at, ec, clock::now());
    co_await self->context.times.sleep(accept_pause);
  }
}

void server::core::start(socket_type socket) {
  error_code ignored;
  const auto from = socket.remote_endpoint(ignored).address();
  if (auto words = crowd.refuse(from, clock::now())) {
    if (!context.identity.ready()) asio::co_spawn(context.loop, refuse(std::move(socket), *std::move(words)), log_end);
    return;  // A handshake, only to say no, would cost more than what is refused.
  }
  socket.set_option(tcp::no_delay(true), ignored);
  const std::shared_ptr<session_context> ours(shared_from_this(), &context);
  asio::co_spawn(context.loop, serve(std::make_unique<session>(std::move(socket), ours)), log_end);
}

awaitable<void> server::core::serve(std::unique_ptr<session> one) { co_await one->run(); }

// One connection too many: told so, without a session.
awaitable<void> server::core::refuse(socket_type socket, std::string words) {
  co_await socket.async_write_some(asio::buffer(words), use_tuple);
}

server::server(crawler& engine, executor_type home, server_options options)
    : core_(std::make_shared<core>(engine, home, std::move(options))) {}

server::~server() {
  core_->served.crawls.on_ended({});
  core_->context.times.stop();
}

void server::listen() {
  std::vector<std::string> problems = core_->read_files();
  for (const std::string& address : core_->options.listen)
    if (auto wrong = core_->open(address)) problems.push_back(*std::move(wrong));
  if (!problems.empty()) throw start_error(std::move(problems));
  for (std::size_t i = 0; i < core_->acceptors.size(); ++i)
    asio::co_spawn(core_->context.loop, core::accept_loop(core_, i), log_end);
}

void server::reload() {
  const std::vector<std::string> problems = core_->read_files();
  for (const std::string& each : problems) log_event(log_level::error, "not reloaded", {{"reason", each}});
  const auto& keys = core_->context.entrance.keys();
  if (problems.empty())
    log_event(log_level::info, "keys and certificates read",
              {{"keys", static_cast<std::int64_t>(keys ? keys->size() : 0)},
               {"certificate", core_->context.identity.ready() ? core_->options.tls_cert : "none"}});
}

std::vector<std::string> server::addresses() const {
  std::vector<std::string> all;
  for (const acceptor_type& each : core_->acceptors) {
    error_code ec;
    const tcp::endpoint at = each.local_endpoint(ec);
    if (!ec) all.push_back(endpoint_text(at));
  }
  return all;
}

std::size_t server::connections() const { return core_->context.open.size(); }

void server::drain() {
  if (std::exchange(core_->served.draining, true)) return;
  core_->served.hooks.stop();
  for (acceptor_type& each : core_->acceptors) {
    error_code ignored;
    each.close(ignored);
  }
}

awaitable<void> server::close() {
  drain();
  session_context& shared = core_->context;
  shared.closing = true;
  for (session* each : shared.open) each->close_if_idle();
  const time_point from = clock::now();
  while (!shared.open.empty() || core_->accepting > 0 || core_->served.hooks.active() > 0) {
    const auto waited = clock::now() - from;
    if (waited > moment && !std::exchange(shared.cutting, true))
      for (session* each : shared.open) each->call();
    if (waited > moment + cut_time)
      for (session* each : shared.open) each->interrupt();
    co_await shared.times.sleep(close_look);
  }
}

bool all_loopback(const std::vector<std::string>& listen) {
  for (const std::string& address : listen) {
    const auto at = parse_endpoint(address);
    if (!at || !at->address().is_loopback()) return false;
  }
  return true;
}

}  // namespace trawl
