// One HTTP/1.1 request from bytes, strictly (RFC 9112): Beast's basic_parser<true> behind a wall, with the
// checks it leaves out. Of several lengths, of a length beside chunks, of codings that do not end in
// chunked, of a missing or doubled Host nothing is guessed: each is refused, so that no proxy in front
// and this server can see two different requests in the same bytes.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "api/http/problem.hpp"
#include "api/http/request.hpp"

namespace trawl {

class request_parser {
 public:
  /// Request line and fields together, and in a body any line of a chunk with its ends, the last one with the
  /// trailers; more is 431.
  static constexpr std::size_t head_limit = std::size_t{64} << 10;
  /// Longer targets are 414.
  static constexpr std::size_t target_limit = 8192;

  request_parser();
  ~request_parser();

  /// Makes it ready for the next request.
  void reset();
  /// Reads from the front of `data`: at most the head, once that is done the body. Returns how much it
  /// took; the rest is to be offered again with what comes after it. Not to be called once bad() or done().
  std::size_t put(std::string_view data);
  /// Where the body goes from now on; null: nowhere.
  void deliver_to(body_reader* reader);
  /// It has not said yet that it wants no more.
  [[nodiscard]] bool delivering() const;

  [[nodiscard]] bool started() const;    ///< The first byte was seen.
  [[nodiscard]] bool head_done() const;  ///< head() is complete.
  [[nodiscard]] bool done() const;       ///< So is the body.
  [[nodiscard]] request& head();
  /// Body octets still to come; nullopt: nobody knows (chunked).
  [[nodiscard]] std::optional<std::uint64_t> body_left() const;
  /// It was no request: what to answer before closing. Null while all is well.
  [[nodiscard]] const problem* bad() const;

 private:
  class beast_parser;
  std::unique_ptr<beast_parser> parser_;
};

}  // namespace trawl
