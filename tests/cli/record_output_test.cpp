#include "cli/record_output.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string>

using namespace trawl;

namespace {

// A pipe with both ends.
class pipe_pair {
 public:
  pipe_pair() { REQUIRE(::pipe2(ends_.data(), O_CLOEXEC) == 0); }
  ~pipe_pair() {
    close_reader();
    ::close(ends_[1]);
  }
  int writer() const { return ends_[1]; }
  void close_reader() {
    if (ends_[0] >= 0) ::close(ends_[0]);
    ends_[0] = -1;
  }
  std::string read() const {
    std::array<char, 4096> text;
    const ssize_t n = ::read(ends_[0], text.data(), text.size());
    return {text.data(), n > 0 ? static_cast<std::size_t>(n) : 0};
  }

 private:
  std::array<int, 2> ends_{};
};

record numbered(std::uint32_t index) {
  record made;
  made.index = index;
  made.url = "http://a.test/";
  made.status_code = 200;
  return made;
}

// What two records look like on stdout.
std::string two(record_format format) {
  const pipe_pair out;
  record_output output(out.writer(), format, 20, false);
  output.begin();
  output.add(numbered(0));
  output.add(numbered(1));
  output.end();
  CHECK(output.failed() == 0);
  return out.read();
}

std::size_t lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

TEST_CASE("record_output: NDJSON is a line a record, CSV and the table have a header line before them") {
  const std::string ndjson = two(record_format::ndjson);
  CHECK(lines(ndjson) == 2);
  CHECK(ndjson.starts_with("{\"index\":0,\"url\":\"http://a.test/\""));
  CHECK(lines(two(record_format::csv)) == 3);
  CHECK(two(record_format::csv).starts_with("index,url,status_code,"));
  CHECK(lines(two(record_format::table)) == 3);
}

TEST_CASE("record_output: JSON is one array, also of nothing") {
  const std::string json = two(record_format::json);
  CHECK(json.starts_with("[\n{\"index\":0,"));
  CHECK(json.find("},\n{\"index\":1,") != std::string::npos);
  CHECK(json.ends_with("}\n]\n"));
  const pipe_pair out;
  record_output empty(out.writer(), record_format::json, 20, false);
  empty.begin();
  empty.end();
  CHECK(out.read() == "[\n]\n");
}

TEST_CASE("record_output: records wait for flush(), and from a reader that left on nothing is written") {
  std::signal(SIGPIPE, SIG_IGN);
  pipe_pair out;
  record_output output(out.writer(), record_format::ndjson, 20, false);
  output.add(numbered(0));
  output.flush();
  CHECK(lines(out.read()) == 1);
  out.close_reader();
  output.add(numbered(1));
  CHECK(output.failed() == 0);
  output.flush();
  CHECK(output.failed() == EPIPE);
  output.end();
  CHECK(output.failed() == EPIPE);
}
