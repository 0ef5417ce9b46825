#include "base/uv_file_watch.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <system_error>

using namespace trawl;

namespace {

class folder {
 public:
  folder() { std::filesystem::create_directory(path_); }
  ~folder() { std::filesystem::remove_all(path_); }
  std::string operator/(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_ = "/tmp/trawl-watch-test." + std::to_string(::getpid());
};

void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

class counter {
 public:
  void add() {
    const std::lock_guard hold(lock_);
    ++told_;
    changed_.notify_all();
  }
  bool reaches(int wanted) {
    std::unique_lock hold(lock_);
    return changed_.wait_for(hold, std::chrono::seconds(60), [&] { return told_ >= wanted; });
  }
  int told() {
    const std::lock_guard hold(lock_);
    return told_;
  }

 private:
  std::mutex lock_;
  std::condition_variable changed_;
  int told_ = 0;
};

}  // namespace

TEST_CASE("uv_file_watch: a file that is written, replaced or comes into being is told") {
  const folder here;
  write(here / "a", "1");
  counter seen;
  uv_file_watch watch({here / "a", here / "b"}, [&] { seen.add(); });
  write(here / "a", "22");
  CHECK(seen.reaches(1));
  write(here / "new", "333");
  std::filesystem::rename(here / "new", here / "a");
  CHECK(seen.reaches(2));
  write(here / "b", "4");
  CHECK(seen.reaches(3));
}

TEST_CASE("uv_file_watch: another file of the folder is not told") {
  const folder here;
  write(here / "a", "1");
  counter seen;
  uv_file_watch watch({here / "a"}, [&] { seen.add(); });
  write(here / "other", "2");
  write(here / "a", "22");
  CHECK(seen.reaches(1));
  CHECK(seen.told() == 1);
}

TEST_CASE("uv_file_watch: a folder in which much goes on does not put it off") {
  const folder here;
  write(here / "a", "1");
  counter seen;
  uv_file_watch watch({here / "a"}, [&] { seen.add(); });
  write(here / "a", "22");
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (seen.told() == 0 && std::chrono::steady_clock::now() < give_up) write(here / "log", "more");
  CHECK(seen.told() == 1);
}

TEST_CASE("uv_file_watch: a folder that is not there is an error at once") {
  CHECK_THROWS_AS(uv_file_watch({"/nonexistent/file"}, [] {}), std::system_error);
}
