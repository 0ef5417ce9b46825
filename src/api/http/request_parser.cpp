#include "api/http/request_parser.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include "api/http/request_target.hpp"
#include "base/text.hpp"

namespace trawl {
namespace {

namespace http = boost::beast::http;
using beast_error = boost::beast::error_code;
using beast_view = boost::beast::string_view;

constexpr std::string_view last_chunk = "0\r\n\r\n";
constexpr std::string_view long_line = "the line of a chunk, or the trailer section, is over 64 KiB";

std::string_view view(beast_view text) { return {text.data(), text.size()}; }

void set_target(request& head, const request_target& to) {
  head.authority = to.authority;
  head.path = to.path.empty() ? std::string_view("/") : to.path;
  if (to.query) head.asked = query(*to.query);
}

// A field on several lines is one list (RFC 9110 5.3), and one that can have only one value is none then. Of those that
// the API reads; nothing is guessed of lengths and hosts.
constexpr std::array joined{"accept",       "accept-encoding", "connection",        "content-encoding",
                            "content-type", "upgrade",         "sec-websocket-key", "sec-websocket-version"};

void join_lines(request& head, std::string_view name) {
  std::string* whole = nullptr;
  for (auto& [field, value] : head.fields) {
    if (field != name) continue;
    if (whole == nullptr) {
      whole = &value;
      continue;
    }
    // RFC 9110 8.3: that one is often sent twice, and where both are the same there is nothing to choose.
    if (name != "content-type" || value != *whole) whole->append(", ").append(value);
    field.clear();
  }
  std::erase_if(head.fields, [](const auto& each) { return each.first.empty(); });
}

// RFC 9112 2.3. Of a head that Beast has refused for its version. Only the octets that Beast had to see are looked at:
// more of the line may have come, or not.
bool names_another_version(std::string_view head) {
  const std::size_t target = head.find(' ') + 1;
  const std::string_view version = head.substr(head.find(' ', target) + 1).substr(0, 8);
  const bool is_one = version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) &&
                      version[6] == '.' && is_digit(version[7]);
  return is_one && version != "HTTP/1.0" && version != "HTTP/1.1";
}

// RFC 9112 5.2: Beast would make one line of a field on several; a server in front may see something else in it.
bool is_folded(std::string_view lines) {
  return lines.find("\r\n ") != std::string_view::npos || lines.find("\r\n\t") != std::string_view::npos;
}

}  // namespace

class request_parser::beast_parser final : public http::basic_parser<true> {
 public:
  beast_parser() {
    header_limit(head_limit);
    body_limit(boost::none);  // Counted by whoever reads the body.
  }
  std::size_t take(std::string_view data);
  void refuse(unsigned status, std::string_view detail);
  void check_framing();

  request head_;
  body_reader* reader_ = nullptr;
  std::optional<problem> bad_;
  bool head_done_ = false;

 private:
  std::size_t put_once(std::string_view data);
  void explain(const beast_error& failed, std::string_view data);
  std::size_t count(std::string_view name) const;

  void on_request_impl(http::verb, beast_view method, beast_view target, int version, beast_error& ec) override;
  void on_response_impl(int, beast_view, int, beast_error&) override {}
  void on_field_impl(http::field, beast_view name, beast_view value, beast_error& ec) override;
  void on_header_impl(beast_error&) override { head_done_ = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, beast_error&) override {}
  std::size_t on_body_impl(beast_view body, beast_error&) override { return deliver(view(body)); }
  void on_chunk_header_impl(std::uint64_t, beast_view, beast_error&) override { at_line_ = true; }
  std::size_t on_chunk_body_impl(std::uint64_t, beast_view body, beast_error&) override { return deliver(view(body)); }
  void on_finish_impl(beast_error&) override {}
  std::size_t deliver(std::string_view piece) {
    if (reader_ != nullptr && !reader_->put(piece)) reader_ = nullptr;
    return piece.size();
  }

  std::size_t head_bytes_ = 0;
  bool at_line_ = false;  // What put() took last was the line of a chunk, with the trailers if it was the last one.
};

// Beast's parser takes one element a call (the head, a chunk's line, a piece of body) and stops there.
std::size_t request_parser::beast_parser::take(std::string_view data) {
  const bool in_head = !head_done_;
  std::size_t taken = 0;
  // RFC 9112 2.2: empty lines before a request are passed over.
  while (!got_some() && data.substr(taken, 2) == "\r\n") taken += 2;
  if (!got_some() && data.substr(taken) == "\r") return taken;
  // What may be the last chunk is shown to Beast whole: of less than these 5 octets it asserts that they are there.
  if (head_.chunked && data.starts_with('0') && data.size() < last_chunk.size()) return 0;
  while (taken < data.size() && !is_done() && !bad_ && in_head == !head_done_) {
    const std::size_t step = put_once(data.substr(taken));
    taken += step;
    if (step == 0) break;
  }
  if (in_head && head_done_ && !bad_) check_framing();
  // RFC 9112 7.1.1, 7.1.2: Beast waits for the end of a chunk's line, and of all trailers, and takes nothing before.
  // So the octets of the wire are what is counted, however they come.
  if (!in_head && taken == 0 && data.size() > head_limit) refuse(431, long_line);
  return taken;
}

std::size_t request_parser::beast_parser::put_once(std::string_view data) {
  beast_error ec;
  const bool in_head = !head_done_;
  at_line_ = false;
  const std::size_t step = put(boost::asio::const_buffer(data.data(), data.size()), ec);
  if (!head_done_ && (head_bytes_ += step) > head_limit) refuse(431, "the header section is over 64 KiB");
  if (at_line_ && step > head_limit) refuse(431, long_line);
  if (ec && ec != http::error::need_more) explain(ec, data);
  if (in_head && is_folded(data.substr(0, step))) refuse(400, "a field goes on over several lines");
  return step;
}

void request_parser::beast_parser::refuse(unsigned status, std::string_view detail) {
  if (bad_) return;  // The first reason counts; what follows is its echo.
  bad_.emplace(status, std::string(detail));
}

void request_parser::beast_parser::explain(const beast_error& failed, std::string_view data) {
  if (failed == http::error::header_limit) {
    if (head_.method.empty()) return refuse(414, "the request line is over 64 KiB");
    return refuse(431, "the header section is over 64 KiB");
  }
  if (failed == http::error::bad_version)
    return refuse(names_another_version(data) ? 505 : 400, "this is not HTTP/1.0 or HTTP/1.1");
  refuse(400, "this is not a well-formed HTTP request: " + failed.message());
}

void request_parser::beast_parser::on_request_impl(http::verb, beast_view method, beast_view target, int version,
                                                   beast_error&) {
  head_.method = view(method);
  head_.version = static_cast<unsigned>(version);
  // Whatever is refused here, the fields are still read: the answer has the client's id.
  if (target.size() > target_limit) return refuse(414, "the request target is over 8192 octets");
  const auto to = read_request_target(head_.method, view(target));
  if (!to) return refuse(400, "the request target is neither a path nor a URL of http or https");
  set_target(head_, *to);
}

void request_parser::beast_parser::on_field_impl(http::field, beast_view name, beast_view value, beast_error&) {
  if (head_done_) return;  // A trailer: nothing here has a use for one (RFC 9110 6.5.1).
  head_.fields.emplace_back(lower_case(view(name)), view(value));
}

std::size_t request_parser::beast_parser::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::count_if(head_.fields.begin(), head_.fields.end(), [&](const auto& each) { return each.first == name; }));
}

// RFC 9112 3.2, 6.1 and 6.3, where Beast is silent or lenient.
void request_parser::beast_parser::check_framing() {
  const bool coded = count("transfer-encoding") > 0;
  if (coded && head_.version == 10) return refuse(400, "Transfer-Encoding in an HTTP/1.0 request");
  if (coded && lower_case(head_.field("transfer-encoding")) != "chunked")
    return refuse(chunked() ? 501 : 400, "the only transfer coding known here is chunked");
  if (count("content-length") > 1 || head_.field("content-length").find(',') != std::string_view::npos)
    return refuse(400, "more than one Content-Length");
  if (count("host") > 1 || (head_.version == 11 && count("host") == 0))
    return refuse(400, "a request has exactly one Host field");
  if (const std::string_view host = head_.field("host"); !host.empty() && !is_authority(host))
    return refuse(400, "the Host field is not a host name or address, with or without a port");
  for (const char* name : joined) join_lines(head_, name);
  head_.keep_alive = keep_alive();
  head_.chunked = chunked();
  if (const auto length = content_length()) head_.content_length = *length;
}

request_parser::request_parser() : parser_(std::make_unique<beast_parser>()) {}
request_parser::~request_parser() = default;

void request_parser::reset() { parser_ = std::make_unique<beast_parser>(); }
std::size_t request_parser::put(std::string_view data) { return parser_->take(data); }
void request_parser::deliver_to(body_reader* reader) { parser_->reader_ = reader; }
bool request_parser::delivering() const { return parser_->reader_ != nullptr; }
bool request_parser::started() const { return parser_->got_some(); }
bool request_parser::head_done() const { return parser_->head_done_ && !parser_->bad_; }
bool request_parser::done() const { return parser_->is_done() && !parser_->bad_; }
request& request_parser::head() { return parser_->head_; }
const problem* request_parser::bad() const { return parser_->bad_ ? &*parser_->bad_ : nullptr; }

std::optional<std::uint64_t> request_parser::body_left() const {
  if (parser_->is_done()) return 0;
  const auto left = parser_->content_length_remaining();
  return left ? std::optional<std::uint64_t>(*left) : std::nullopt;
}

}  // namespace trawl
