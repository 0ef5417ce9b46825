// The chunked coding alone. Input: variant (how it is cut), octets, which are once taken as a coded body and once as
// the data of one: what is coded into chunks must come out again, octet for octet.
#include <charconv>

#include "fetch/chunked_decoder.hpp"
#include "fuzz/fuzz.hpp"

using namespace trawl;
using namespace trawl::fuzz;

namespace {

struct outcome {
  parse_event end = parse_event::need_more;
  errc error = errc::none;
  std::string data;
  std::size_t left = 0;
  bool operator==(const outcome&) const = default;
};

outcome decode(std::string_view coded, cutting how, unsigned seed) {
  chunked_decoder decoder;
  decoder.start();
  outcome seen;
  failure fault;
  block held;
  const auto ended = [&] { return seen.end == parse_event::done || seen.end == parse_event::failed; };
  for (const block& piece : cut(coded, how, seed)) {
    held.insert(held.end(), piece.begin(), piece.end());
    if (ended()) continue;
    const block exact(held);
    std::string_view input = view(exact), data;
    do {
      seen.end = decoder.next(input, data, fault);
      if (seen.end == parse_event::body) seen.data += data;
    } while (seen.end == parse_event::body);
    held.erase(held.begin(), held.end() - static_cast<std::ptrdiff_t>(input.size()));
  }
  seen.error = fault.code;
  if (seen.end == parse_event::done) seen.left = held.size();
  expect((seen.end == parse_event::failed) == (fault.code != errc::none), "a failure, and only that, has a code");
  expect(is_one_plain_line(fault.detail), "a detail is one line");
  return seen;
}

std::string encode(std::string_view data, unsigned seed) {
  std::string coded;
  for (const block& piece : cut(data, cutting::random, seed)) {
    if (piece.empty()) continue;
    char size[16];
    coded.append(size, std::to_chars(size, size + sizeof size, piece.size(), 16).ptr);
    coded += seed & 1 ? ";a=\"b\"\r\n" : "\r\n";
    coded.append(piece.data(), piece.size()).append(seed & 2 ? "\n" : "\r\n");
  }
  return coded + "0\r\n\r\nmore";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const input given = read_input(data, size);
  const outcome whole = decode(given.text, cutting::whole, 0);
  expect(whole.data.size() <= given.text.size(), "data does not grow");
  expect(decode(given.text, cutting::singles, 0) == whole, "octet by octet it is the same body");
  expect(decode(given.text, cutting::random, given.choice) == whole, "in pieces it is the same body");
  const outcome back = decode(encode(given.text, given.choice), cutting::random, given.choice + 1);
  expect(back.end == parse_event::done && back.data == given.text && back.left == 4, "what was coded comes back");
  return 0;
}
