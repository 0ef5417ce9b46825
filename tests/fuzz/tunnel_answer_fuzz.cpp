// What a proxy answers to CONNECT. Input: variant (credentials, close, how it is cut), octets. However they are cut,
// the verdict is the same; only that octets came behind an opened tunnel shows no earlier than with the head.
#include "fetch/tunnel_answer.hpp"
#include "fuzz/fuzz.hpp"

using namespace trawl;
using namespace trawl::fuzz;

namespace {

struct verdict {
  bool over = false;
  bool opened = false;
  errc code = errc::none;
  std::string detail;
};

verdict answer(const input& given, cutting how) {
  tunnel_answer to(given.choice & 1);
  verdict seen;
  for (const block& piece : cut(given.text, how, given.choice)) {
    seen.over = to.take_in(view(piece));
    if (seen.over) break;
  }
  if (!seen.over && (given.choice & 2)) {
    to.at_eof();
    seen.over = true;
  }
  if (!seen.over) return seen;
  seen.opened = to.outcome().has_value();
  if (seen.opened) return seen;
  seen.code = to.outcome().error().code;
  seen.detail = to.outcome().error().detail;
  expect(seen.code == errc::proxy_connect_error || seen.code == errc::proxy_auth_required,
         "the failure is the proxy's");
  expect(to.outcome().error().where == phase::connect && is_one_plain_line(seen.detail), "it has a phase and one line");
  return seen;
}

bool spoke_too_early(const verdict& seen) { return seen.detail.starts_with("sent octets into the tunnel"); }

bool same(const verdict& a, const verdict& b) {
  if (a.over != b.over) return false;
  if (spoke_too_early(a) || spoke_too_early(b))
    return (a.opened || spoke_too_early(a)) && (b.opened || spoke_too_early(b));
  return a.opened == b.opened && a.code == b.code;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const input given = read_input(data, size);
  const verdict whole = answer(given, cutting::whole);
  expect(same(answer(given, cutting::singles), whole), "octet by octet it is the same answer");
  expect(same(answer(given, cutting::random), whole), "in pieces it is the same answer");
  return 0;
}
