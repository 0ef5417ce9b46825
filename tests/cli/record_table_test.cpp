#include "cli/record_table.hpp"

#include <doctest/doctest.h>

using namespace trawl;

namespace {

record fetched() {
  record made;
  made.url = "http://a.test/";
  made.status_code = 200;
  made.attempts = 1;
  made.took.set(timing::total, 12345);
  return made;
}

std::string line(const record& shown, std::size_t longest_url = 20, bool colour = false) {
  std::string out;
  record_table(longest_url, colour).append(out, shown);
  return out;
}

}  // namespace

TEST_CASE("record_table: the columns of header and records stand below each other") {
  std::string header;
  record_table(20, false).append_header(header);
  record failed = fetched();
  failed.code = errc::dns_error;
  failed.detail = "a.test: no such name";
  CHECK(header == "STATUS                          TIME  URL                   DETAIL\n");
  CHECK(line(fetched()) == "200                            12 ms  http://a.test/\n");
  CHECK(line(failed) == "dns_error                      12 ms  http://a.test/        a.test: no such name\n");
}

TEST_CASE("record_table: a received error status is its number, and short times have a decimal") {
  record missing = fetched();
  missing.code = errc::http_status;
  missing.status_code = 404;
  missing.took.set(timing::total, 449);
  CHECK(line(missing) == "404                           0.4 ms  http://a.test/\n");
}

TEST_CASE("record_table: a redirect and further attempts are told after the detail") {
  record moved = fetched();
  moved.final_url = "https://b.test/";
  moved.attempts = 3;
  CHECK(line(moved).ends_with("http://a.test/        -> https://b.test/; 3 attempts\n"));
}

TEST_CASE("record_table: a record without any exchange has no time") {
  record invalid = fetched();
  invalid.code = errc::invalid_url;
  invalid.took.clear(timing::total);
  CHECK(line(invalid).starts_with("invalid_url                        -  http://a.test/"));
}

TEST_CASE("record_table: a URL longer than its column is shown whole") {
  record long_one = fetched();
  const std::string url = "http://a.test/" + std::string(100, 'x');
  long_one.url = url;
  long_one.detail = "why";
  CHECK(line(long_one, 500).ends_with("  " + url + "  why\n"));
}

TEST_CASE("record_table: colours are there only where they are wanted") {
  CHECK(line(fetched(), 20, true).starts_with("\x1b[32m200 "));
  CHECK(line(fetched()).find('\x1b') == std::string::npos);
}

TEST_CASE("record_table: nothing reaches the terminal as a control sequence") {
  CHECK(printable("a\x1b[2Jb\r\nc\x7f") == "a?[2Jb??c?");
  CHECK(printable("\xC2\x9B"
                  "31m \xFF \xC3\xBC") == "?31m ? \xC3\xBC");
}

TEST_CASE("record_table: a code longer than its column still stands apart from the time") {
  record refused = fetched();
  refused.code = errc::http_response_header_section_size;
  CHECK(line(refused).starts_with("http_response_header_section_size      12 ms  "));
}
