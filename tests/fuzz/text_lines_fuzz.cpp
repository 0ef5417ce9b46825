// Text submissions. Input: variant (how it is cut), body. However it is cut, the same URLs come out, and they are the
// lines of the body, byte for byte.
#include "api/submit/line_parser.hpp"
#include "base/text.hpp"
#include "fuzz/submission.hpp"

using namespace trawl;
using namespace trawl::fuzz;

namespace {

std::string text_of(const problem& wrong) { return wrong.detail; }
std::string text_of(const task_options&) { return {}; }  // Lines have none.

/// The rules again, over the body as a whole.
std::vector<std::string> lines_of(std::string_view body) {
  std::vector<std::string> lines;
  if (body.starts_with("\xEF\xBB\xBF")) body.remove_prefix(3);
  while (!body.empty()) {
    std::string_view line = take_until(body, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::size_t first = line.find_first_not_of(" \t");
    if (first != line.npos && line[first] != '#') lines.emplace_back(line);
  }
  return lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const input given = read_input(data, size);
  const outcome whole = submit_in_every_way<line_parser>(given, [](const auto& of) { return text_of(of); });
  const std::vector<std::string> lines = lines_of(given.text);
  bool all_utf8 = true;
  for (const std::string& each : lines) all_utf8 = all_utf8 && is_utf8(each);
  expect(whole.accepted == all_utf8, "what is UTF-8, and nothing else, is accepted");
  expect(!whole.accepted || whole.urls == lines, "the URLs are the lines");
  return 0;
}
