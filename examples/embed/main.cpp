// Fetches URLs with trawl's library: a line for each as it ends, then where the time of the slowest went.
//
//   usage: embed [--dns-server ADDR:PORT] URL...
//
// Ends with 0 when all went well, 2 when a URL failed, 1 when it could not run. Ctrl-C ends it early: what was
// not done by then says so.
#include <trawl/crawler.hpp>
#include <trawl/error.hpp>

#include <pthread.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

struct request {
  trawl::engine_options engine;
  std::vector<std::string> urls;
};

request read_arguments(int count, char** words) {
  request asked;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    if (word == "--dns-server" && i + 1 < count)
      asked.engine.dns_server.emplace_back(words[++i]);
    else
      asked.urls.push_back(word);
  }
  return asked;
}

// The views of a record are no C strings.
void print(const char* before, std::string_view text) {
  std::printf("%s%.*s", before, static_cast<int>(text.size()), text.data());
}

void print_record(const trawl::record& each) {
  if (each.status_code != 0)
    std::printf("%d", each.status_code);
  else
    print("", trawl::code_token(each.code));
  print("  ", each.url);
  if (!each.ok()) print("  ", each.detail);
  std::printf("\n");
}

std::int64_t total_us(const trawl::record& each) { return each.took.get(trawl::timing::total); }

void print_slowest(const trawl::batch& done) {
  std::size_t slowest = 0;
  for (std::size_t i = 1; i < done.size(); ++i) {
    if (total_us(done.at(i)) > total_us(done.at(slowest))) slowest = i;
  }
  const trawl::record found = done.at(slowest);
  print("slowest: ", found.url);
  if (found.took.has(trawl::timing::ttfb))
    std::printf(", first byte after %.1f ms", static_cast<double>(found.took.get(trawl::timing::ttfb)) / 1000);
  std::printf("\n");
}

sigset_t interrupts() {
  sigset_t both;
  sigemptyset(&both);
  sigaddset(&both, SIGINT);
  sigaddset(&both, SIGTERM);
  return both;
}

// A thread that waits for a signal, as long as this lives. All others must have them blocked.
class cancel_on_signal {
 public:
  explicit cancel_on_signal(trawl::batch_crawler& which)
      : waiting_([&which] {
          const sigset_t both = interrupts();
          int number = 0;
          sigwait(&both, &number);
          which.cancel();
        }) {}
  ~cancel_on_signal() {
    pthread_kill(waiting_.native_handle(), SIGTERM);  // If it came from here, there is nothing to cancel any more.
    waiting_.join();
  }

 private:
  std::thread waiting_;
};

trawl::batch crawl(trawl::batch_crawler& crawler, const std::vector<std::string>& urls) {
  const cancel_on_signal watch(crawler);
  trawl::task_options options;
  options.retries = 0;
  return crawler.crawl(urls, options, print_record);
}

int fetch(const request& asked) {
  const sigset_t both = interrupts();
  pthread_sigmask(SIG_BLOCK, &both, nullptr);  // Before the crawler starts threads of its own, which inherit it.
  trawl::batch_crawler crawler(asked.engine);
  const trawl::batch done = crawl(crawler, asked.urls);
  std::printf("%zu URLs: %zu ok, %zu failed%s\n", done.size(), done.ok(), done.failed(),
              done.cancelled() ? ", cancelled" : "");
  print_slowest(done);
  return done.failed() == 0 ? 0 : 2;
}

}  // namespace

int main(int count, char** words) try {
  const request asked = read_arguments(count, words);
  if (asked.urls.empty()) {
    std::fprintf(stderr, "usage: embed [--dns-server ADDR:PORT] URL...\n");
    return 1;
  }
  return fetch(asked);
} catch (const std::exception& wrong) {
  std::fprintf(stderr, "embed: %s\n", wrong.what());
  return 1;
}
