// Requests to our own API. Input: variant (how it is cut), octets of a connection. However they are cut, the same
// requests come out, one after the other, and the same octets are left: two readers who cut elsewhere must not see
// different requests.
#include "api/http/accept.hpp"
#include "api/http/request_parser.hpp"
#include "fuzz/fuzz.hpp"

using namespace trawl;
using namespace trawl::fuzz;

namespace {

class kept_body final : public body_reader {
 public:
  bool put(std::string_view piece) override {
    text += piece;
    return true;
  }
  std::string text;
};

std::string text_of(const request& head) {
  std::string text = head.method + ' ' + head.authority + ' ' + head.path + ' ' + std::to_string(head.version) +
                     (head.keep_alive ? " stays" : " closes") + (head.chunked ? " chunked" : "");
  if (head.content_length) text += ' ' + std::to_string(*head.content_length);
  for (const auto& [name, value] : head.asked.pairs()) text += '?' + name + '=' + value;
  for (const auto& [name, value] : head.fields) text += '|' + name + ':' + value;
  return text;
}

void check_head(const request& head) {
  expect(!head.method.empty() && !head.path.empty(), "a request has a method and a path");
  expect(!(head.chunked && head.content_length), "a body is framed in one way");
  for (const auto& [name, value] : head.fields) {
    expect(!name.empty() && name.find_first_of(" :\r\n") == name.npos, "a field name is a token");
    expect(value.find_first_of(std::string_view("\r\n\0", 3)) == value.npos, "a field value is one line");
  }
  const double wanted = quality(head.field("accept"), "text/csv");
  expect(wanted >= 0 && wanted <= 1, "a quality is from 0 to 1");
}

/// What the connection says, as one text. Two empty lines end it: that a head is wrong shows at its end, or earlier.
std::string parse(const input& given, cutting how) {
  request_parser parser;
  kept_body body;
  block held;
  std::string heard;
  bool told_head = false;
  for (const block& piece : cut(std::string(given.text) + "\r\n\r\n", how, given.choice)) {
    held.insert(held.end(), piece.begin(), piece.end());
    for (std::size_t taken = 1; taken > 0 && parser.bad() == nullptr;) {
      const block exact(held);
      taken = parser.put(view(exact));
      expect(taken <= held.size(), "no more is taken than there is");
      held.erase(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(taken));
      if (parser.head_done() && !std::exchange(told_head, true)) {
        check_head(parser.head());
        heard += text_of(parser.head()) + '\n';
        parser.deliver_to(&body);
      }
      if (!parser.done()) continue;
      heard += body.text + "\n\n";
      body.text.clear();
      parser.reset();
      told_head = false;
    }
  }
  if (parser.bad() != nullptr) {
    expect(parser.bad()->status >= 400 && parser.bad()->status < 600, "a refusal has a status of one");
    return heard + "refused " + std::to_string(parser.bad()->status);
  }
  return heard + body.text + "\nleft " + std::to_string(held.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const input given = read_input(data, size);
  const std::string whole = parse(given, cutting::whole);
  expect(parse(given, cutting::singles) == whole, "octet by octet they are the same requests");
  expect(parse(given, cutting::random) == whole, "in pieces they are the same requests");
  return 0;
}
