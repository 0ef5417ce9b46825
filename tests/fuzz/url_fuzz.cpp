// The URL parser. Input: variant, base, line end, reference. What is parsed must parse to itself with the same parts,
// hold nothing that could end a request line or a header, and mean the same whatever it is resolved against.
#include "base/text.hpp"
#include "fuzz/fuzz.hpp"
#include "stream/utf8.hpp"
#include "url/percent.hpp"
#include "url/url.hpp"

using namespace trawl;
using namespace trawl::fuzz;

namespace {

void check_text(const url& parsed) {
  for (const char c : parsed.href()) expect(c > ' ' && c < 0x7f, "a serialized URL is printable ASCII without blanks");
  expect(parsed.authority().find_first_of("/\\?#@") == std::string_view::npos, "an authority ends where it ends");
  expect(parsed.target().starts_with('/'), "a target begins with a slash");
  expect(parsed.target().find('#') == std::string_view::npos, "a target has no fragment");
  expect(parsed.fragment().empty() || parsed.fragment().front() == '#', "a fragment has its mark");
  expect(!parsed.hostname().empty(), "there is a host");
  expect(parsed.origin() == (parsed.is_https() ? "https://" : "http://") + std::string(parsed.authority()),
         "an origin is scheme and authority");
}

void check_parts_make_the_whole(const url& parsed) {
  std::string whole = parsed.is_https() ? "https://" : "http://";
  if (!parsed.username().empty() || !parsed.password().empty()) {
    whole += parsed.username();
    if (!parsed.password().empty()) whole.append(":").append(parsed.password());
    whole += '@';
  }
  whole.append(parsed.authority()).append(parsed.target()).append(parsed.fragment());
  expect(whole == parsed.href(), "the parts make up the whole");
  const std::uint16_t usual = parsed.is_https() ? 443 : 80;
  const std::string port = parsed.port() == usual ? "" : ":" + std::to_string(parsed.port());
  expect(parsed.authority() == std::string(parsed.host()) + port, "an authority is host and port");
}

void check_same(const url& one, const url& other) {
  expect(one.href() == other.href(), "it parses to itself");
  expect(one.origin() == other.origin() && one.host() == other.host() && one.port() == other.port() &&
             one.kind() == other.kind() && one.target() == other.target() && one.username() == other.username() &&
             one.password() == other.password() && one.fragment() == other.fragment(),
         "it parses to the same parts");
}

void check(const url& parsed, const url* base) {
  check_text(parsed);
  check_parts_make_the_whole(parsed);
  url again;
  expect(again.parse(parsed.href()) == url_errc::ok, "what was serialized can be parsed");
  check_same(parsed, again);
  if (base == nullptr) return;
  expect(again.parse(parsed.href(), base) == url_errc::ok, "an absolute URL needs no base");
  check_same(parsed, again);
}

void check_escapes(std::string_view text) {
  std::string plain, once, twice;
  percent_decode(text, plain);
  percent_encode(plain, encode_set::userinfo, once);
  percent_decode(once, twice);
  expect(plain.find('%') != plain.npos || twice == plain, "what is escaped comes back");
}

/// True if it parsed.
bool parse_and_check(url& into, std::string_view text, const url* base) {
  const url_errc error = into.parse(text, base);
  if (error == url_errc::ok) {
    check(into, base);
    return true;
  }
  expect(into.href().empty() && into.host().empty(), "what failed is empty");
  expect(!url_errc_text(error).empty(), "every error has words");
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = read_input(data, size).text;
  const std::string_view base_text = take_until(rest, '\n');
  url base, alone, resolved;
  if (parse_and_check(base, base_text, nullptr)) parse_and_check(resolved, rest, &base);
  // What has a scheme and two slashes does not look at its base.
  const bool absolute = rest.find(':') != rest.npos && rest.find(':') == rest.find("://");
  if (parse_and_check(alone, rest, nullptr) && !base.href().empty() && absolute)
    expect(alone.href() == resolved.href(), "an absolute URL ignores its base");
  check_escapes(rest);
  return 0;
}
