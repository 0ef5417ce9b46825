#include "cli/check.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <utility>

#include "api/http/timekeeper.hpp"
#include "api/service/webhooks.hpp"
#include "cli/interrupt.hpp"
#include "cli/progress.hpp"
#include "cli/record_output.hpp"
#include "cli/start.hpp"
#include "cli/terminal_line.hpp"
#include "cli/url_lines.hpp"
#include "shard/crawler.hpp"
#include "task/task_builder.hpp"

namespace trawl {
namespace {

constexpr int exit_some_failed = 2;
constexpr int exit_by_signal = 128;
constexpr milliseconds redraw_interval{100};
constexpr std::size_t most_further_callbacks = 3;

void rethrow(std::exception_ptr thrown) {
  if (thrown) std::rethrow_exception(thrown);
}

// One task from the first record to the summary.
class check_run {
 public:
  explicit check_run(const settings& said);
  int run();

 private:
  bool read_inputs(task_builder& into);
  awaitable<void> print_records();
  awaitable<void> redraw();
  awaitable<void> cancel_on_signal();
  void call_back();
  awaitable<void> deliver();
  awaitable<void> stop_delivering_on_signal();
  void print_new();
  void print_summary();
  progress shown_progress() const;
  int exit_status() const;

  const settings& said_;
  asio::io_context home_{1};
  crawler engine_;
  timekeeper times_;
  webhooks hooks_;
  std::size_t longest_url_ = 0;
  std::shared_ptr<tracked_task> task_;
  std::unique_ptr<interrupt> signals_;
  std::unique_ptr<record_output> output_;
  terminal_line line_;
  timer_type redraw_timer_;
  std::uint32_t printed_ = 0;
  std::uint32_t not_checked_ = 0;
  int signal_ = 0;
};

check_run::check_run(const settings& said)
    : said_(said),
      engine_(said.engine, home_.get_executor()),
      times_(home_.get_executor()),
      hooks_(engine_, times_,
             said.task.callback_url ? signer_from_file(said.server.webhook_secret_file) : webhook_signer()),
      line_(!said.quiet && stderr_is_terminal()),
      redraw_timer_(home_.get_executor()) {}

int check_run::run() {
  auto builder = std::make_unique<task_builder>(engine_.shards());
  if (!read_inputs(*builder)) return exit_could_not_run;
  builder->options() = said_.task;
  output_ = std::make_unique<record_output>(STDOUT_FILENO, said_.format, longest_url_, stdout_takes_colour());
  signals_ = std::make_unique<interrupt>(home_.get_executor());
  task_ = engine_.submit(builder->finish());
  builder.reset();
  asio::co_spawn(home_, print_records(), rethrow);
  asio::co_spawn(home_, cancel_on_signal(), rethrow);
  if (line_.shown()) asio::co_spawn(home_, redraw(), rethrow);
  home_.run();
  print_summary();
  if (said_.task.callback_url) call_back();
  return exit_status();
}

bool check_run::read_inputs(task_builder& into) {
  std::vector<std::string> inputs = said_.inputs;
  if (inputs.empty() && ::isatty(STDIN_FILENO) == 0) inputs.emplace_back("-");
  const auto problems = read_urls(inputs, [this, &into](std::string_view url) {
    longest_url_ = std::max(longest_url_, url.size());
    into.add_url(url);
  });
  for (const std::string& each : problems) complain(command::check, each);
  if (problems.empty() && into.size() == 0)
    complain(command::check, "no URL to check: name one, a file, or - for stdin");
  return problems.empty() && into.size() > 0;
}

awaitable<void> check_run::print_records() {
  output_->begin();
  while (output_->failed() == 0) {
    print_new();
    if (!task_->running()) break;
    co_await task_->news().wait();
  }
  output_->end();
  if (task_->running()) engine_.cancel(*task_);
  signals_->stop();
  redraw_timer_.cancel();
}

// What was cancelled has nothing to tell.
void check_run::print_new() {
  record finished;
  line_.clear();
  for (; printed_ < task_->counts().done && output_->failed() == 0; ++printed_) {
    const auto entry = task_->get().log(printed_);
    if (entry->code == errc::task_cancelled) {
      ++not_checked_;
    } else if (task_->get().read(entry->index, finished)) {
      output_->add(finished);
    }
  }
  output_->flush();
  if (task_->running()) line_.draw(render_progress(shown_progress(), terminal_line::width()));
}

awaitable<void> check_run::redraw() {
  while (task_->running() && output_->failed() == 0) {
    line_.draw(render_progress(shown_progress(), terminal_line::width()));
    redraw_timer_.expires_after(redraw_interval);
    co_await redraw_timer_.async_wait(use_tuple);
  }
}

awaitable<void> check_run::cancel_on_signal() {
  signal_ = co_await signals_->wait();
  if (signal_ != 0) engine_.cancel(*task_);
}

// After all records are out.
void check_run::call_back() {
  signals_.reset();  // One at a time.
  signals_ = std::make_unique<interrupt>(home_.get_executor());
  home_.restart();
  asio::co_spawn(home_, deliver(), rethrow);
  asio::co_spawn(home_, stop_delivering_on_signal(), rethrow);
  home_.run();
}

awaitable<void> check_run::deliver() {
  // Who interrupted the run, or left it, is not kept; nor is anybody for hours, or for what no attempt will change.
  std::size_t left = signal_ != 0 || output_->failed() != 0 ? 0 : most_further_callbacks;
  const webhooks::on_refused refused = [&left](const record& answer) {
    const bool again = left > 0 && answer.retryable;
    const std::string why =
        answer.ok() ? "the server answered " + std::to_string(answer.status_code) : std::string(answer.detail);
    complain(command::check, "callback: " + why + (again ? "; trying again" : ""));
    if (again) --left;
    return again;
  };
  const webhooks::verdict said = co_await hooks_.deliver(task_, refused);
  signals_->stop();
  if (said != webhooks::verdict::delivered) complain(command::check, "callback: the summary was not delivered");
}

awaitable<void> check_run::stop_delivering_on_signal() {
  const int signal = co_await signals_->wait();
  if (signal == 0) co_return;
  signal_ = signal;
  hooks_.stop();
  co_await engine_.shut_down(milliseconds(0));
}

progress check_run::shown_progress() const {
  progress now;
  now.total = task_->get().total();
  now.done = task_->counts().done - not_checked_;
  now.failed = task_->counts().failed() - not_checked_;
  now.rate_per_s = task_->rate_per_s();
  now.eta_s = task_->eta_s();
  return now;
}

void check_run::print_summary() {
  line_.clear();
  if (output_->failed() == EPIPE) return;
  if (output_->failed() != 0) complain(command::check, std::string("stdout: ") + std::strerror(output_->failed()));
  if (said_.quiet) return;
  const std::chrono::duration<double> took = task_->duration();
  progress at_end = shown_progress();
  at_end.rate_per_s = took.count() > 0 ? static_cast<double>(at_end.done) / took.count() : 0;
  std::fprintf(stderr, "%s\n", render_summary(at_end, took).c_str());
}

int check_run::exit_status() const {
  if (output_->failed() == EPIPE) return exit_by_signal + SIGPIPE;
  if (output_->failed() != 0) return exit_could_not_run;
  if (signal_ != 0) return exit_by_signal + signal_;
  return task_->counts().failed() > 0 ? exit_some_failed : exit_ok;
}

int run_check(const settings& said) { return check_run(said).run(); }

}  // namespace

int check(const std::vector<std::string>& arguments) { return run_command(command::check, arguments, run_check); }

}  // namespace trawl
