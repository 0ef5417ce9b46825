// Redirect targets. Input: variant (status, method), base URL, line end, Location. Where it leads must be a URL in its
// final form, and going round in a circle must be noticed.
#include <array>

#include "base/text.hpp"
#include "fetch/redirect.hpp"
#include "fuzz/fuzz.hpp"

using namespace trawl;
using namespace trawl::fuzz;

namespace {

void check_target(const redirect_request& asked, const redirect_decision& decided) {
  url to;
  expect(to.parse(decided.to) == url_errc::ok && to.href() == decided.to, "a target is a URL in its final form");
  const bool stays_head = asked.method == http_method::head;
  expect((decided.method == http_method::head) == stays_head, "HEAD stays HEAD, and GET stays GET");
}

/// Follows the same Location again and again, as a server that always gives it would have it.
void check_it_ends(redirect_request asked, redirect_decision decided) {
  std::vector<hop_taken> hops;
  std::array<url, 2> places;
  unsigned which = 0;
  while (decided.kind == redirect_kind::follow) {
    check_target(asked, decided);
    expect(hops.size() < asked.max_redirects, "no more than max_redirects are followed");
    hops.push_back({asked.status, asked.method, std::string(asked.from->href())});
    expect(places[which].parse(decided.to) == url_errc::ok, "a target can be parsed");
    asked.from = &places[which];
    which = 1 - which;
    asked.hops = hops;
    asked.method = decided.method;
    decided = decide_redirect(asked);
  }
  expect(hops.empty() || decided.kind == redirect_kind::refuse, "going on for ever is refused");
  if (decided.kind != redirect_kind::refuse) return;
  expect(decided.why.code != errc::none && is_one_plain_line(decided.why.detail), "a refusal has a code and one line");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::array<std::uint16_t, 8> statuses{301, 302, 303, 307, 308, 300, 304, 200};
  const input given = read_input(data, size);
  std::string_view location = given.text;
  const std::string_view base = take_until(location, '\n');
  url from;
  if (from.parse(base) != url_errc::ok) return 0;
  redirect_request asked;
  asked.from = &from;
  asked.method = given.choice & 8 ? http_method::head : http_method::get;
  asked.status = statuses[given.choice & 7];
  asked.location = location;
  asked.max_redirects = given.choice >> 4;
  const redirect_decision decided = decide_redirect(asked);
  expect(asked.max_redirects > 0 || decided.kind == redirect_kind::answer, "max_redirects 0: a 3xx is the answer");
  check_it_ends(asked, decided);
  return 0;
}
