// What the targets of submissions share: one body put through a parser of them, cut in one way or another.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/submit/submission_parser.hpp"
#include "fuzz/fuzz.hpp"
#include "stream/utf8.hpp"
#include "task/task_builder.hpp"

namespace trawl::fuzz {

struct outcome {
  bool accepted = false;
  std::vector<std::string> urls;
  std::string rest;  ///< Options or errors, as one text.
  bool operator==(const outcome&) const = default;
};

/// `rest`: of what was refused, or of the options of what was not.
template <class Parser, class Rest>
outcome submit(const input& given, cutting how, Rest rest) {
  task_builder builder(2);
  Parser parser(builder);
  for (const block& piece : cut(given.text, how, given.choice))
    if (!parser.put(view(piece))) break;
  outcome seen;
  seen.accepted = parser.finish();
  if (!seen.accepted) {
    expect(parser.wrong().status == 400, "a refusal is a 400");
    seen.rest = rest(parser.wrong());
    return seen;
  }
  seen.rest = rest(builder.options());
  const auto built = builder.finish();
  for (std::uint32_t i = 0; i < built->total(); ++i) seen.urls.emplace_back(built->url(i));
  return seen;
}

/// However it is cut it is the same submission; what came of it.
template <class Parser, class Rest>
outcome submit_in_every_way(const input& given, Rest rest) {
  outcome whole = submit<Parser>(given, cutting::whole, rest);
  expect(submit<Parser>(given, cutting::singles, rest) == whole, "octet by octet it is the same submission");
  expect(submit<Parser>(given, cutting::random, rest) == whole, "in pieces it is the same submission");
  for (const std::string& each : whole.urls) expect(is_utf8(each), "an accepted text is UTF-8");
  return whole;
}

}  // namespace trawl::fuzz
