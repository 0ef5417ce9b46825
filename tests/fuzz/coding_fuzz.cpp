// Content codings. Input: variant (Content-Encoding, how it is cut), octets, which are once taken as a coded body and
// once as the data of one: cuts must not matter, growth must be bounded, and what was coded must come out again.
#include <zlib.h>

#include "fetch/body_decoder.hpp"
#include "fuzz/fuzz.hpp"

using namespace trawl;
using namespace trawl::fuzz;

namespace {

struct outcome {
  bool good = true;
  bool grew = false;  ///< Too much.
  std::string detail;
  std::string body;
};

outcome decode(decoder_pool& pool, std::string_view codings, std::string_view coded, cutting how, unsigned seed) {
  body_decoder decoder(pool);
  outcome seen;
  seen.good = decoder.start(codings);
  if (seen.good && !decoder.is_decoding()) return seen;
  for (const block& piece : cut(coded, how, seed)) {
    std::string_view input = view(piece);
    for (parse_event event = parse_event::body; seen.good && event == parse_event::body;) {
      event = decoder.next(input);
      seen.good = event != parse_event::failed;
      seen.body += decoder.piece();
      expect(event != parse_event::need_more || input.empty(), "everything is taken before more is wanted");
    }
  }
  seen.good = seen.good && decoder.at_end();
  if (!seen.good) seen.detail = decoder.why().detail;
  seen.grew = !seen.good && decoder.why().code == errc::http_response_body_size;
  expect(seen.good || decoder.why().code != errc::none, "a failure has a code");
  expect(is_one_plain_line(seen.detail), "a detail is one line");
  const auto most = body_decoder::free_growth + body_decoder::growth_limit * coded.size();
  expect(seen.body.size() <= most + decoder_pool::room_bytes, "a body grows no more than it may");
  return seen;
}

std::string gzip(std::string_view plain) {
  z_stream stream{};
  expect(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK, "zlib can begin");
  std::string out(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  expect(deflate(&stream, Z_FINISH) == Z_STREAM_END, "zlib can end");
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static constexpr std::string_view lists[] = {"gzip",
                                               "deflate",
                                               "br",
                                               "zstd",
                                               "GZIP, x-gzip",
                                               "br, zstd",
                                               "deflate, identity, gzip",
                                               "gzip, gzip, gzip, gzip, gzip"};
  const input given = read_input(data, size);
  const std::string_view codings = lists[given.choice & 7];
  decoder_pool pool(std::size_t{64} << 20);
  const outcome whole = decode(pool, codings, given.text, cutting::whole, given.choice);
  for (const cutting how : every_cutting) {
    const outcome other = decode(pool, codings, given.text, how, given.choice);
    if (whole.grew || other.grew) continue;  // By a few octets that is a matter of cuts.
    expect(other.good == whole.good, "cuts do not matter");
    expect(!whole.good || other.body == whole.body, "cuts change nothing");
  }
  const outcome again = decode(pool, "gzip", gzip(given.text), cutting::random, given.choice);
  expect(again.good && again.body == given.text, "what was coded comes out again");
  expect(pool.used() == 0, "all memory was given back");
  return 0;
}
