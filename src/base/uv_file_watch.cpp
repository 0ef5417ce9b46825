#include "base/uv_file_watch.hpp"

#include <sys/stat.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <system_error>
#include <thread>

namespace trawl {
namespace {

// A file that is being written is read once it was left alone for so long.
constexpr std::uint64_t quiet_ms = 100;

// What differs once a file has another content.
using appearance = std::array<std::int64_t, 7>;

// All 0 for a file that is not there.
appearance look_at(const std::string& path) {
  struct stat seen {};
  if (::stat(path.c_str(), &seen) != 0) return {};
  return {static_cast<std::int64_t>(seen.st_dev),
          static_cast<std::int64_t>(seen.st_ino),
          seen.st_size,
          seen.st_mtim.tv_sec,
          seen.st_mtim.tv_nsec,
          seen.st_ctim.tv_sec,
          seen.st_ctim.tv_nsec};
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

void check(int status, const std::string& what) {
  if (status < 0) throw std::system_error(-status, std::generic_category(), what);
}

}  // namespace

class uv_file_watch::machine {
 public:
  machine(std::vector<std::string> files, std::function<void()> changed);
  machine(const machine&) = delete;
  machine& operator=(const machine&) = delete;
  ~machine();

 private:
  void start();
  void close();
  void watch(const std::string& folder);
  void look_soon();
  void look();
  [[nodiscard]] std::vector<appearance> look_at_all() const;

  const std::vector<std::string> files_;
  const std::function<void()> changed_;
  std::vector<appearance> seen_;    // When it was told last.
  std::vector<appearance> latest_;  // At the latest look.
  uv_loop_t loop_{};
  uv_async_t stop_{};
  uv_timer_t quiet_{};
  std::vector<std::unique_ptr<uv_fs_event_t>> folders_;
  std::thread thread_;
};

uv_file_watch::machine::machine(std::vector<std::string> files, std::function<void()> changed)
    : files_(std::move(files)), changed_(std::move(changed)) {
  check(uv_loop_init(&loop_), "watching files");
  loop_.data = this;
  try {
    start();
  } catch (...) {
    close();
    throw;
  }
}

// A file that changes between the first look and the watch is looked at again then.
void uv_file_watch::machine::start() {
  check(uv_timer_init(&loop_, &quiet_), "watching files");
  check(uv_async_init(&loop_, &stop_, [](uv_async_t* told) { uv_stop(told->loop); }), "watching files");
  std::vector<std::string> folders;
  for (const std::string& each : files_) folders.push_back(folder_of(each));
  std::ranges::sort(folders);
  folders.erase(std::ranges::unique(folders).begin(), folders.end());
  for (const std::string& each : folders) watch(each);
  seen_ = look_at_all();
  thread_ = std::thread([this] { uv_run(&loop_, UV_RUN_DEFAULT); });
}

void uv_file_watch::machine::watch(const std::string& folder) {
  folders_.push_back(std::make_unique<uv_fs_event_t>());
  uv_fs_event_t* const made = folders_.back().get();
  check(uv_fs_event_init(&loop_, made), "watching " + folder);
  const auto tell = [](uv_fs_event_t* told, const char*, int, int) {
    static_cast<machine*>(told->loop->data)->look_soon();
  };
  check(uv_fs_event_start(made, tell, folder.c_str(), 0), "watching " + folder);
}

// What else happens in the folder, a log that grows say, must not put it off.
void uv_file_watch::machine::look_soon() {
  if (uv_is_active(reinterpret_cast<uv_handle_t*>(&quiet_)) != 0) return;
  uv_timer_start(
      &quiet_, [](uv_timer_t* due) { static_cast<machine*>(due->loop->data)->look(); }, quiet_ms, 0);
}

void uv_file_watch::machine::look() {
  std::vector<appearance> now = look_at_all();
  if (now == seen_) return;  // Another file of the folder.
  if (now != latest_) {      // It may be being written.
    latest_ = std::move(now);
    return look_soon();
  }
  seen_ = std::move(now);
  changed_();
}

std::vector<appearance> uv_file_watch::machine::look_at_all() const {
  std::vector<appearance> all;
  for (const std::string& each : files_) all.push_back(look_at(each));
  return all;
}

void uv_file_watch::machine::close() {
  const auto close_one = [](uv_handle_t* each, void*) {
    if (uv_is_closing(each) == 0) uv_close(each, nullptr);
  };
  uv_walk(&loop_, close_one, nullptr);
  uv_run(&loop_, UV_RUN_DEFAULT);
  uv_loop_close(&loop_);
}

uv_file_watch::machine::~machine() {
  uv_async_send(&stop_);
  thread_.join();
  close();
}

uv_file_watch::uv_file_watch(std::vector<std::string> files, std::function<void()> changed)
    : machine_(std::make_unique<machine>(std::move(files), std::move(changed))) {}
uv_file_watch::~uv_file_watch() = default;

}  // namespace trawl
