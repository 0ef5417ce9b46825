#include "cli/serve.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <optional>
#include <system_error>

#include "api/server.hpp"
#include "base/uv_file_watch.hpp"
#include "cli/interrupt.hpp"
#include "cli/service_manager.hpp"
#include "cli/start.hpp"
#include "shard/crawler.hpp"

namespace trawl {
namespace {

// Beyond the drain time: for records of what was aborted, and for answers on their way.
constexpr milliseconds longest_end{1800};

server_options within_limits(server_options said, std::size_t allowed) {
  if (said.max_connections <= allowed) return said;
  log_event(
      log_level::info, "max-connections lowered to what RLIMIT_NOFILE allows",
      {{"wanted", static_cast<std::int64_t>(said.max_connections)}, {"allowed", static_cast<std::int64_t>(allowed)}});
  said.max_connections = allowed;
  return said;
}

std::vector<std::string> reread_files(const server_options& said) {
  std::vector<std::string> files;
  for (const std::string& each : {said.api_key_file, said.tls_cert, said.tls_key})
    if (!each.empty()) files.push_back(each);
  return files;
}

const char* variable(const char* name) { return std::getenv(name); }

class service {
 public:
  /// `arguments`: what `said` was read from, and is again on SIGHUP.
  service(const settings& said, const std::vector<std::string>& arguments)
      : arguments_(arguments),
        manager_(variable),
        drain_(said.drain_timeout),
        engine_(said.engine, home_.get_executor()),
        api_(engine_, home_.get_executor(), within_limits(said.server, engine_.left_to_others())),
        files_(reread_files(said.server)),
        signals_(home_.get_executor(), 2, interrupt::hangup::told),
        patience_(home_.get_executor()),
        sign_of_life_(home_.get_executor()) {}
  int run();

 private:
  std::string listeners() const;
  void log_listening() const;
  void watch_files();
  void tell_ready() { manager_.ready("listening on " + listeners()); }
  void run_home();
  awaitable<void> tell_alive(microseconds every);
  void reload();
  void reload_settings();
  awaitable<int> next_interrupt();
  awaitable<void> stop_on_signal();
  awaitable<void> stop_waiting_on_signal();
  void end_late();

  const std::vector<std::string>& arguments_;
  service_manager manager_;
  const milliseconds drain_;
  asio::io_context home_{1};
  crawler engine_;
  server api_;
  const std::vector<std::string> files_;  // That are read again when they change.
  interrupt signals_;
  timer_type patience_;
  std::optional<uv_file_watch> watch_;
  timer_type sign_of_life_;
};

void rethrow(std::exception_ptr thrown) {
  if (thrown) std::rethrow_exception(thrown);
}

int service::run() {
  api_.listen();
  log_listening();
  watch_files();
  tell_ready();
  asio::co_spawn(home_, stop_on_signal(), rethrow);
  if (const auto within = manager_.watchdog()) asio::co_spawn(home_, tell_alive(*within / 2), rethrow);
  run_home();
  log_event(log_level::info, "stopped");
  return exit_ok;
}

// SIGHUP does the same where the system tells nothing of changes.
void service::watch_files() {
  if (files_.empty()) return;
  try {
    watch_.emplace(files_, [this] { asio::post(home_, [this] { api_.reload(); }); });
  } catch (const std::system_error& wrong) {
    log_event(log_level::warning, "changes of files are not noticed; send SIGHUP", {{"reason", wrong.what()}});
  }
}

// A handler that finds no memory takes with it what it was about, a connection or an answer, and nothing else.
void service::run_home() {
  for (bool over = false; !over;) {
    try {
      home_.run();
      over = true;
    } catch (const std::bad_alloc&) {
      log_event(log_level::error, "out of memory");
    }
  }
}

// From the loop that answers: when it hangs, nobody hears of it, and the watchdog acts.
awaitable<void> service::tell_alive(microseconds every) {
  while (true) {
    manager_.alive();
    sign_of_life_.expires_after(every);
    co_await sign_of_life_.async_wait(use_tuple);
  }
}

// Everything that is read again on SIGHUP, in turn. What is wrong with one is logged and changes nothing of it.
void service::reload() {
  log_event(log_level::info, "reloading");
  manager_.reloading();
  reload_settings();
  if (!files_.empty()) api_.reload();
  tell_ready();
}

// Of the settings the log's level alone can change while all else goes on.
void service::reload_settings() {
  const reading read = read_options(command::serve, arguments_, variable);
  for (const std::string& each : read.problems)
    log_event(log_level::error, "settings not reloaded", {{"reason", each}});
  if (read.problems.empty()) change_log_level(read.values.log);
}

// SIGHUP alone does not end anything.
awaitable<int> service::next_interrupt() {
  int signal = co_await signals_.wait();
  while (signal == SIGHUP) {
    reload();
    signal = co_await signals_.wait();
  }
  co_return signal;
}

std::string service::listeners() const {
  std::string addresses;
  for (const std::string& each : api_.addresses()) addresses += (addresses.empty() ? "" : ",") + each;
  return addresses;
}

void service::log_listening() const {
  log_event(log_level::info, "listening",
            {{"address", listeners()},
             {"threads", static_cast<std::int64_t>(engine_.shards())},
             {"max_in_flight", static_cast<std::int64_t>(engine_.max_in_flight())}});
}

// The order in which a service ends: no new work, then what is at work, then what still reads of it.
awaitable<void> service::stop_on_signal() {
  const int signal = co_await next_interrupt();
  manager_.stopping();
  log_event(log_level::info, "stopping",
            {{"signal", std::int64_t{signal}}, {"drain_ms", std::int64_t{drain_.count()}}});
  end_late();
  api_.drain();
  asio::co_spawn(home_, stop_waiting_on_signal(), rethrow);
  co_await engine_.shut_down(drain_);
  signals_.stop();
  co_await api_.close();
  home_.stop();
}

// Whoever asks twice does not want to wait for what is in flight.
awaitable<void> service::stop_waiting_on_signal() {
  const int signal = co_await next_interrupt();
  if (signal == 0) co_return;
  log_event(log_level::info, "stopping at once", {{"signal", std::int64_t{signal}}});
  co_await engine_.shut_down(milliseconds(0));
}

// Whoever started us was promised an end.
void service::end_late() {
  patience_.expires_after(drain_ + longest_end);
  patience_.async_wait([](error_code cancelled) {
    if (cancelled) return;
    log_event(log_level::warning, "stopped before all was closed");
    std::_Exit(exit_ok);
  });
}

}  // namespace

int serve(const std::vector<std::string>& arguments) {
  return run_command(command::serve, arguments,
                     [&arguments](const settings& said) { return service(said, arguments).run(); });
}

}  // namespace trawl
