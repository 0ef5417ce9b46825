// trawl inside another program: hand over URLs, get a record of each.
//
//   trawl::batch_crawler crawler;
//   const trawl::batch done = crawler.crawl(urls, {}, [](const trawl::record& each) { ... });
//
// The fetching is done by threads of the crawler's own; crawl() blocks its caller, which is where the callback
// runs. Nothing is printed, signals and limits of the process are left as they are.
#pragma once

#include <trawl/options.hpp>
#include <trawl/record.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace trawl {

class task;

/// What one crawl() left: the record of every URL. Immutable, so any thread may read it; copies are cheap and
/// share it. Outlives the crawler. Takes some hundred octets for each URL.
class batch {
 public:
  batch(std::shared_ptr<const task> of, std::size_t ok, bool cancelled);

  /// As many as there were URLs.
  [[nodiscard]] std::size_t size() const;
  /// Records without an error.
  [[nodiscard]] std::size_t ok() const { return ok_; }
  [[nodiscard]] std::size_t failed() const { return size() - ok_; }
  /// By cancel(), before every URL had ended by itself.
  [[nodiscard]] bool cancelled() const { return cancelled_; }
  /// The record of urls[index]. Its views hold as long as this batch or a copy of it. Throws std::out_of_range.
  [[nodiscard]] record at(std::size_t index) const;

 private:
  std::shared_ptr<const task> task_;
  std::size_t ok_;
  bool cancelled_;
};

class batch_crawler {
 public:
  /// Called with each record as it is completed, on the thread that is in crawl(). The record and its views hold
  /// until it returns; batch::at() gives them again. If it throws, the rest is cancelled and crawl() throws that.
  using record_reader = std::function<void(const record&)>;

  /// Starts the threads. Throws std::runtime_error that names everything that is wrong with the options. May live
  /// beside others; each has its own limits for hosts, so one is politer.
  explicit batch_crawler(const engine_options& options = {});
  batch_crawler(const batch_crawler&) = delete;
  batch_crawler& operator=(const batch_crawler&) = delete;
  /// Joins the threads. No crawl() may be under way.
  ~batch_crawler();

  /// Fetches all URLs, at most 4294967294, and returns when each has its record: what fails, or is no URL, is a record
  /// too and never an exception. Connections, DNS answers and TLS sessions are kept for the next crawl() for a while.
  /// Throws std::invalid_argument that names every option out of its range, std::logic_error when another crawl() of
  /// this crawler is under way (also from within the callback), and std::bad_alloc.
  batch crawl(std::span<const std::string> urls, const task_options& options = {}, const record_reader& each = {});

  /// Any thread: the crawl() under way ends soon, what had not ended as errc::task_cancelled. Does nothing when none
  /// is. Not from a signal handler.
  void cancel();

 private:
  class machine;
  std::unique_ptr<machine> machine_;
};

}  // namespace trawl
