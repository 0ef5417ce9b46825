// Text submissions. Input: variant (how it is cut), body. However it is cut, the same URLs come out, and they are the
// lines of the body, byte for byte.
#include "api/submit/line_parser.hpp"
#include "fuzz/fuzz.hpp"
#include "stream/utf8.hpp"

using namespace trawl;
using namespace trawl::fuzz;

namespace {

struct outcome {
  bool accepted = false;
  std::vector<std::string> urls;
  std::string wrong;
  bool operator==(const outcome&) const = default;
};

outcome submit(const input& given, cutting how) {
  task_builder builder(2);
  line_parser parser(builder);
  for (const block& piece : cut(given.text, how, given.choice))
    if (!parser.put(view(piece))) break;
  outcome seen;
  seen.accepted = parser.finish();
  seen.wrong = parser.wrong().detail;
  if (!seen.accepted) return seen;
  const auto built = builder.finish();
  for (std::uint32_t i = 0; i < built->total(); ++i) seen.urls.emplace_back(built->url(i));
  return seen;
}

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
  const outcome whole = submit(given, cutting::whole);
  expect(submit(given, cutting::singles) == whole, "octet by octet it is the same submission");
  expect(submit(given, cutting::random) == whole, "in pieces it is the same submission");
  const std::vector<std::string> lines = lines_of(given.text);
  bool all_utf8 = true;
  for (const std::string& each : lines) all_utf8 = all_utf8 && is_utf8(each);
  expect(whole.accepted == all_utf8, "what is UTF-8, and nothing else, is accepted");
  expect(!whole.accepted || whole.urls == lines, "the URLs are the lines");
  return 0;
}
