#include "fetch/line_reader.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace trawl;
using namespace std::string_literals;

namespace {

struct taken {
  std::vector<std::string> lines;
  line_event end = line_event::partial;  ///< Why it stopped; partial: all was used, or a line has no end yet.
  std::string last;                      ///< After nul and bare_cr: what came up to there.
  std::string left;
  bool operator==(const taken&) const = default;
};

/// Presents what is left again with more behind it, as the parsers do.
taken read(const std::vector<std::string_view>& pieces) {
  line_reader reader;
  taken seen;
  for (const std::string_view piece : pieces) {
    seen.left += piece;
    std::string_view input = seen.left, line;
    while (seen.end == line_event::partial && (seen.end = reader.take(input, line)) == line_event::line) {
      seen.lines.emplace_back(line);
      seen.end = line_event::partial;
    }
    if (seen.end != line_event::partial && seen.last.empty()) seen.last = line;
    seen.left = std::string(input);
  }
  return seen;
}

/// Whole, cut in two at every place, and octet by octet: always the same.
taken read_everywhere(std::string_view text) {
  const taken whole = read({text});
  std::vector<std::string_view> singles;
  for (std::size_t at = 0; at < text.size(); ++at) {
    CAPTURE(at);
    CHECK(read({text.substr(0, at), text.substr(at)}) == whole);
    singles.push_back(text.substr(at, 1));
  }
  CHECK(read(singles) == whole);
  return whole;
}

using texts = std::vector<std::string>;

}  // namespace

TEST_CASE("line_reader: CRLF and LF end a line, wherever the octets are cut") {
  const taken seen = read_everywhere("one\r\n\ntwo, longer than eight octets\n\r\n\xff\tx\r\nno end");
  CHECK(seen.lines == texts{"one", "", "two, longer than eight octets", "", "\xff\tx"});
  CHECK(seen.end == line_event::partial);
  CHECK(seen.left == "no end");
}

TEST_CASE("line_reader: a CR may wait for its LF, and nothing else may follow it") {
  CHECK(read_everywhere("a\r").left == "a\r");
  const taken seen = read_everywhere("first\r\nsecond line\rX: y\r\n");
  CHECK(seen.lines == texts{"first"});
  CHECK(seen.end == line_event::bare_cr);
  CHECK(seen.last == "second line\r");
  CHECK(read_everywhere("a\r\r\n").end == line_event::bare_cr);
}

TEST_CASE("line_reader: NUL spoils a line at every place in it") {
  for (std::size_t at = 0; at <= 20; ++at) {
    std::string line(20, 'x');
    line.insert(at, 1, '\0');
    const taken seen = read_everywhere(line + "\r\n");
    CHECK(seen.end == line_event::nul);
    CHECK(seen.last == line.substr(0, at + 1));
  }
  CHECK(read_everywhere("\r\0\n"s).end == line_event::bare_cr);
}

TEST_CASE("line_reader: other control characters are part of a line") {
  std::string line;
  for (char c = 1; c < 0x20; ++c) {
    if (c != '\r' && c != '\n') line += c;
  }
  CHECK(read_everywhere(line + "\x7f\n").lines == texts{line + "\x7f"});
}

TEST_CASE("line_reader: reset() forgets what was searched of another input") {
  line_reader reader;
  std::string_view input = "a long line without an end", line;
  CHECK(reader.take(input, line) == line_event::partial);
  reader.reset();
  input = "b\n";
  CHECK(reader.take(input, line) == line_event::line);
  CHECK(line == "b");
}
