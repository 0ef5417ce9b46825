#include <trawl/crawler.hpp>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <mutex>
#include <new>
#include <stdexcept>

#include "base/header_rules.hpp"
#include "base/log.hpp"
#include "base/start_error.hpp"
#include "shard/crawler.hpp"
#include "task/fetch_option_table.hpp"
#include "task/task_builder.hpp"

namespace trawl {
namespace {

// A library has no business on somebody else's stderr.
void be_silent() {
  static std::once_flag once;
  std::call_once(once, [] { set_up_log(log_level::off, log_format::text); });
}

const engine_options& checked(const engine_options& options) {
  be_silent();
  if (!is_header_value(options.user_agent)) throw start_error("user_agent: must be the value of a header field");
  return options;
}

void refuse_wrong(std::size_t urls, const task_options& options) {
  std::string all = urls < no_index ? "" : "too many URLs";
  for (const std::string& each : option_problems(options)) all += (all.empty() ? "" : "; ") + each;
  if (!all.empty()) throw std::invalid_argument(all);
}

}  // namespace

batch::batch(std::shared_ptr<const task> of, std::size_t ok, bool cancelled)
    : task_(std::move(of)), ok_(ok), cancelled_(cancelled) {}

std::size_t batch::size() const { return task_->total(); }

record batch::at(std::size_t index) const {
  record found;
  if (index >= size() || !task_->read(static_cast<std::uint32_t>(index), found))
    throw std::out_of_range("trawl::batch::at");
  return found;
}

// Its home loop runs only inside crawl(), on the caller's thread.
class batch_crawler::machine {
 public:
  explicit machine(const engine_options& options) : engine_(checked(options), home_.get_executor()) {}
  batch crawl(std::span<const std::string> urls, const task_options& options, const record_reader& each);
  void cancel();

 private:
  // Takes the one place there is for a crawl, and leaves it.
  class turn {
   public:
    explicit turn(machine& of);
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    ~turn() { of_.under_way_ = 0; }

   private:
    machine& of_;
  };

  std::shared_ptr<tracked_task> submit(std::span<const std::string> urls, const task_options& options);
  awaitable<void> hand_out(const record_reader& each);
  void pass_on(std::uint32_t position, const record_reader& each);
  void run_home();

  asio::io_context home_{1};
  crawler engine_;
  std::shared_ptr<tracked_task> task_;  // Of the crawl under way.
  std::exception_ptr thrown_;           // By its callback, or for want of memory.
  std::atomic<std::uint64_t> crawls_{0};
  std::atomic<std::uint64_t> under_way_{0};  // The number of a crawl; 0: none.
};

batch_crawler::machine::turn::turn(machine& of) : of_(of) {
  std::uint64_t none = 0;
  if (!of.under_way_.compare_exchange_strong(none, ++of.crawls_))
    throw std::logic_error("trawl::batch_crawler::crawl: another one is under way");
}

batch batch_crawler::machine::crawl(std::span<const std::string> urls, const task_options& options,
                                    const record_reader& each) {
  refuse_wrong(urls.size(), options);
  const turn ours(*this);
  thrown_ = nullptr;
  task_ = submit(urls, options);
  asio::co_spawn(home_, hand_out(each), [this](const std::exception_ptr& failed) {
    if (failed) thrown_ = failed;
    home_.stop();  // A tick may be pending.
  });
  run_home();
  const std::shared_ptr<tracked_task> ended = std::move(task_);
  engine_.remove(ended->get().id());
  if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
  return {ended->share(), ended->counts().ok, ended->status() == task_status::cancelled};
}

std::shared_ptr<tracked_task> batch_crawler::machine::submit(std::span<const std::string> urls,
                                                             const task_options& options) {
  task_builder builder(engine_.shards());
  for (const std::string& each : urls) builder.add_url(each);
  builder.options() = options;
  return engine_.submit(builder.finish());
}

// A handler that finds no memory is lost, as in the service, and the others go on.
void batch_crawler::machine::run_home() {
  home_.restart();
  for (bool over = false; !over;) {
    try {
      home_.run();
      over = true;
    } catch (const std::bad_alloc&) {
    }
  }
}

awaitable<void> batch_crawler::machine::hand_out(const record_reader& each) {
  for (std::uint32_t told = 0;;) {
    for (; told < task_->counts().done; ++told) pass_on(told, each);
    if (!task_->running()) co_return;
    co_await task_->news().wait();
  }
}

void batch_crawler::machine::pass_on(std::uint32_t position, const record_reader& each) try {
  if (!each || thrown_) return;
  record finished;
  const auto entry = task_->get().log(position);
  if (entry && task_->get().read(entry->index, finished)) each(finished);
} catch (...) {
  thrown_ = std::current_exception();
  engine_.cancel(*task_);
}

// What is posted may come late: then that crawl is over, and the next one is not meant.
void batch_crawler::machine::cancel() {
  asio::post(home_, [this, meant = under_way_.load()] {
    if (task_ && meant != 0 && meant == under_way_) engine_.cancel(*task_);
  });
}

batch_crawler::batch_crawler(const engine_options& options) : machine_(std::make_unique<machine>(options)) {}
batch_crawler::~batch_crawler() = default;

batch batch_crawler::crawl(std::span<const std::string> urls, const task_options& options, const record_reader& each) {
  return machine_->crawl(urls, options, each);
}

void batch_crawler::cancel() { machine_->cancel(); }

}  // namespace trawl
