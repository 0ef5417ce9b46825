// Query strings and cursors. Input: variant, text. What is read, written again and read again is the same.
#include "api/http/query.hpp"
#include "fuzz/fuzz.hpp"
#include "stream/results_source.hpp"

using namespace trawl;
using namespace trawl::fuzz;

namespace {

void check_query(std::string_view text) {
  const query read(text);
  std::string written;
  for (const auto& [name, value] : read.pairs()) written += percent_encode(name) + '=' + percent_encode(value) + '&';
  const query again(written);
  expect(
      std::vector(read.pairs().begin(), read.pairs().end()) == std::vector(again.pairs().begin(), again.pairs().end()),
      "a query that is written again reads the same");
  for (const auto& [name, value] : read.pairs()) expect(read.find(name).has_value(), "a name that is there is found");
  expect(percent_decode(percent_encode(text), true) == text, "what is escaped comes back");
}

void check_cursor(std::string_view text) {
  const auto position = parse_cursor(text);
  if (position) expect(parse_cursor(cursor_text(*position)) == position, "a cursor that is written again is the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const input given = read_input(data, size);
  const block exact(given.text.begin(), given.text.end());
  check_query(view(exact));
  check_cursor(view(exact));
  return 0;
}
