#include "base/whole_file.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <array>
#include <cerrno>

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
