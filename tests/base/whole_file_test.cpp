#include "base/whole_file.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <iterator>
#include <stdexcept>

#include "base/temp_file.hpp"

using namespace trawl;

TEST_CASE("read_whole_file: all octets, however many") {
  for (const std::size_t size : {0UL, 1UL, 65535UL, 65536UL, 65537UL, 300000UL}) {
    std::string content(size, 'x');
    for (std::size_t i = 0; i < size; ++i) content[i] = static_cast<char>(i * 7);
    const temp_file file(content);
    const file_text read = read_whole_file(file.path());
    CHECK(read.wrong.empty());
    CHECK(read.text == content);
  }
}

TEST_CASE("read_whole_file: a file without a size is read all the same") {
  CHECK(read_whole_file("/proc/self/stat").text.starts_with(std::to_string(::getpid()) + " ("));
}

TEST_CASE("read_whole_file: what cannot be read says why") {
  CHECK(read_whole_file("/nonexistent").wrong == "cannot be read: No such file or directory");
  CHECK(read_whole_file("/").wrong == "cannot be read: Is a directory");
  CHECK(read_whole_file("").wrong == "cannot be read: No such file or directory");
}

TEST_CASE("unreadable: says why, and takes nothing from a pipe") {
  CHECK(unreadable("/nonexistent") == "cannot be read: No such file or directory");
  CHECK(unreadable("/") == "cannot be read: Is a directory");
  CHECK(unreadable(temp_file().path()).empty());
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  REQUIRE(::write(ends[1], "once", 4) == 4);
  ::close(ends[1]);
  const std::string path = "/proc/self/fd/" + std::to_string(ends[0]);
  CHECK(unreadable(path).empty());
  CHECK(read_whole_file(path).text == "once");
  ::close(ends[0]);
}

TEST_CASE("read_to_end: the file is closed when its taker throws") {
  const auto open_files = [] { return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}); };
  const temp_file file("text");
  const piece_taker refuse = [](std::string_view) { throw std::length_error("too much"); };
  const auto before = open_files();
  CHECK_THROWS_AS(static_cast<void>(read_to_end(file.path(), refuse)), std::length_error);
  CHECK(open_files() == before);
}

TEST_CASE("read_to_end: a pipe is read in pieces until it is closed") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  REQUIRE(::write(ends[1], "one two", 7) == 7);
  ::close(ends[1]);
  std::string got;
  CHECK(read_to_end(ends[0], [&](std::string_view piece) { got += piece; }) == 0);
  ::close(ends[0]);
  CHECK(got == "one two");
  CHECK(read_to_end(-1, [](std::string_view) {}) == EBADF);
}
