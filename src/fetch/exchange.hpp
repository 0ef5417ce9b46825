// One request and its response over an open connection: writes the head, reads until the parser is done, takes content
// codings off, counts the body against its limit. Says what the connection did; whether that ends the fetch is the
// lane's to decide. One write and, for a small page, one read; nothing is allocated between two exchanges. Owned by a
// lane and used for every one of its fetches. To interrupt a wait, close the transport. Belongs to one loop. Not
// thread-safe.
#pragma once

#include <trawl/options.hpp>
#include <trawl/record.hpp>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/block_pool.hpp"
#include "connect/transport.hpp"
#include "fetch/body_decoder.hpp"
#include "fetch/response_parser.hpp"
#include "outcome/failure.hpp"

namespace trawl {

/// What is wanted of a response beside its head.
struct body_rules {
  /// Octets of the body, decoded, after which the response is given up.
  std::uint64_t limit = 0;
  /// The response to a redirect that leads on counts as it comes: whether its body is too long, coded in a way unknown
  /// or cut short matters to nobody, as with browsers and curl.
  bool follows_redirects = true;
};

class exchange {
 public:
  /// What it waits for; `none` before the first octet is sent.
  enum class step : std::uint8_t { none, writing, awaiting_head, reading_body };

  exchange(block_pool& blocks, decoder_pool& decoders) : blocks_(blocks), decoder_(decoders) {}
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;

  /// Forgets the response before. To be called before a dial whose failure will be told, too.
  void reset();
  /// Where the request head is put together; kept until run() has returned.
  [[nodiscard]] std::string& request() { return request_; }
  /// Sends request() over `over`, reads the response to a `method` request and adds `ttfb` to `took`.
  /// errc::none in an error: the wait was interrupted.
  awaitable<result<void>> run(transport& over, http_method method, body_rules rules, timings& took);
  /// After run(): `took` gets the time since the first octet, and what was borrowed goes back to the pools.
  void end(time_point now, timings& took);

  [[nodiscard]] step at() const { return step_; }
  /// Nothing of a response came, and maybe what another had left over: a body after a HEAD, say.
  [[nodiscard]] bool unanswered() const { return !parser_.any_byte() || parser_.no_response(); }
  [[nodiscard]] bool has_head() const { return has_head_; }
  /// Once has_head(); the views stay valid until reset().
  [[nodiscard]] const response_head& head() const { return parser_.head(); }
  /// 0 without a head.
  [[nodiscard]] std::uint16_t status() const { return has_head_ ? head().status : std::uint16_t{0}; }
  /// Decoded.
  [[nodiscard]] std::uint64_t body_octets() const { return body_octets_; }
  /// After a run() that succeeded: the connection may carry another request (RFC 9112 9.3), and nothing is left of it.
  [[nodiscard]] bool reusable() const { return parser_.reusable() && held_ == 0; }

 private:
  awaitable<result<void>> read_response(transport& over, timings& took);
  bool take_in(std::string_view input);
  bool take_in_head();
  bool take_in_body();
  bool count(std::size_t octets);
  bool decode(std::string_view coded);
  void at_end();
  void at_eof(const transport& over);
  bool give_up(failure why);
  result<void> broken(failure io) const;
  void keep(std::string_view left);
  [[nodiscard]] result<void> outcome() { return over_.code == errc::none ? result<void>() : std::move(over_); }
  [[nodiscard]] phase where() const { return has_head_ ? phase::transfer : phase::ttfb; }

  block_pool& blocks_;
  body_decoder decoder_;
  response_parser parser_;
  block_pool::block block_;
  std::size_t held_ = 0;  // Octets in block_ the parser wants to see again.
  std::string request_;
  step step_ = step::none;
  bool has_head_ = false;
  bool leads_on_ = false;  // A redirect that will be followed: see body_rules.
  bool coded_ = false;     // The body, and it matters.
  body_rules rules_;
  std::uint64_t received_ = 0;  // Octets of the body, as coded.
  std::uint64_t body_octets_ = 0;
  time_point sent_{};
  time_point first_octet_{};
  failure over_;  // How the response ended.
};

}  // namespace trawl
