// Head and body of a response. Input: variant (what was asked, whether the peer closes, how it is cut), octets.
// However they are cut, the same must come out; and no event may break what response_parser promises.
#include <optional>

#include "fetch/response_parser.hpp"
#include "fuzz/fuzz.hpp"

using namespace trawl;
using namespace trawl::fuzz;

namespace {

struct outcome {
  parse_event end = parse_event::need_more;
  errc error = errc::none;
  std::string head, body, left;
  bool reusable = false;
  bool operator==(const outcome&) const = default;
};

/// Everything a head says, as one text.
std::string text_of(const response_head& head) {
  std::string text = std::to_string(head.status) + ' ' + std::to_string(head.http_minor) + ' ' +
                     std::to_string(static_cast<int>(head.framing)) + (head.keep_alive ? " stays" : " closes") +
                     (head.location_conflicts ? " conflicts" : "");
  if (head.content_length) text += ' ' + std::to_string(*head.content_length);
  for (const auto value :
       {head.content_type, head.location, head.retry_after, head.content_encoding, head.proxy_authenticate})
    text.append("|").append(value);
  return text;
}

class reader {
 public:
  explicit reader(unsigned choice) { choice % 3 == 2 ? parser_.start_connect() : parser_.start(choice % 3 == 1); }

  void feed(const block& piece) {
    held_.insert(held_.end(), piece.begin(), piece.end());
    if (ended()) return;
    const block exact(held_);
    std::string_view input = view(exact);
    do seen_.end = step(input);
    while (!ended() && seen_.end != parse_event::need_more);
    expect(seen_.end != parse_event::need_more || input.size() < 65536, "less than 64 KiB waits for more");
    held_.erase(held_.begin(), held_.end() - static_cast<std::ptrdiff_t>(input.size()));
  }

  outcome finish(bool closed) {
    if (closed && !ended()) seen_.end = parser_.at_eof();
    seen_.error = parser_.error();
    seen_.reusable = parser_.reusable();
    if (seen_.end == parse_event::done) seen_.left.assign(held_.begin(), held_.end());
    check_end();
    return seen_;
  }

 private:
  bool ended() const { return seen_.end == parse_event::done || seen_.end == parse_event::failed; }

  parse_event step(std::string_view& input) {
    const std::string_view before = input;
    const parse_event event = parser_.next(input);
    expect(before.ends_with(input), "what is taken is taken off the front");
    if (event == parse_event::head) {
      expect(seen_.head.empty(), "there is one head");
      seen_.head = text_of(parser_.head());
    }
    if (event == parse_event::body) {
      expect(!seen_.head.empty() && !parser_.body().empty(), "a piece of the body comes after the head, and is some");
      expect(parser_.body().data() >= before.data() && parser_.body().data() + parser_.body().size() <= input.data(),
             "a piece of the body lies in what was taken");
      seen_.body += parser_.body();
    }
    return event;
  }

  void check_end() {
    std::string_view more = "HTTP/1.1 200 OK\r\n\r\n";
    if (ended()) {
      expect(parser_.next(more) == seen_.end && more.size() == 19, "after the end nothing is taken");
      expect(parser_.at_eof() == seen_.end, "after the end a close changes nothing");
    }
    expect((seen_.end == parse_event::failed) == (seen_.error != errc::none), "a failure, and only that, has a code");
    expect(is_one_plain_line(parser_.error_detail()) && parser_.error_detail().size() < 400, "a detail is one line");
    const auto length = seen_.head.empty() ? std::nullopt : parser_.head().content_length;
    if (seen_.end == parse_event::done && parser_.head().framing == body_framing::length)
      expect(seen_.body.size() == length, "a body has its length");
  }

  response_parser parser_;
  block held_;
  outcome seen_;
};

outcome parse(const input& given, cutting how) {
  reader to(given.choice);
  for (const block& piece : cut(given.text, how, given.choice)) to.feed(piece);
  return to.finish(given.choice & 0x40);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const input given = read_input(data, size);
  const outcome whole = parse(given, cutting::whole);
  expect(parse(given, cutting::singles) == whole, "octet by octet it is the same response");
  expect(parse(given, cutting::random) == whole, "in pieces it is the same response");
  return 0;
}
