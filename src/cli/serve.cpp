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

class service {
 public:
  explicit service(const settings& said)
      : drain_(said.drain_timeout),
        engine_(said.engine, home_.get_executor()),
        api_(engine_, home_.get_executor(), within_limits(said.server, engine_.left_to_others())),
        files_(reread_files(said.server)),
        signals_(home_.get_executor(), 2, files_.empty() ? interrupt::hangup::as_ever : interrupt::hangup::told),
        patience_(home_.get_executor()) {}
  int run();

 private:
  void log_listening() const;
  void watch_files();
  void run_home();
  awaitable<int> next_interrupt();
  awaitable<void> stop_on_signal();
  awaitable<void> stop_waiting_on_signal();
  void end_late();

  const milliseconds drain_;
  asio::io_context home_{1};
  crawler engine_;
  server api_;
  const std::vector<std::string> files_;  // That are read again when they change.
  interrupt signals_;
  timer_type patience_;
  std::optional<uv_file_watch> watch_;
};

void rethrow(std::exception_ptr thrown) {
  if (thrown) std::rethrow_exception(thrown);
}

int service::run() {
  api_.listen();
  log_listening();
  watch_files();
  asio::co_spawn(home_, stop_on_signal(), rethrow);
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

// SIGHUP alone does not end anything.
awaitable<int> service::next_interrupt() {
  int signal = co_await signals_.wait();
  while (signal == SIGHUP) {
    api_.reload();
    signal = co_await signals_.wait();
  }
  co_return signal;
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

void service::log_listening() const {
  std::string addresses;
  for (const std::string& each : api_.addresses()) addresses += (addresses.empty() ? "" : ",") + each;
  log_event(log_level::info, "listening",
            {{"address", addresses},
             {"threads", static_cast<std::int64_t>(engine_.shards())},
             {"max_in_flight", static_cast<std::int64_t>(engine_.max_in_flight())}});
}

// The order in which a service ends: no new work, then what is at work, then what still reads of it.
awaitable<void> service::stop_on_signal() {
  const int signal = co_await next_interrupt();
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

int run_service(const settings& said) { return service(said).run(); }

}  // namespace

int serve(const std::vector<std::string>& arguments) { return run_command(command::serve, arguments, run_service); }

}  // namespace trawl
