// The head of a response, line by line: what its status line and fields say, and how RFC 9112 6.3 and 9.3
// frame the body and the connection after it. Lenient where browsers and curl are, strict where two
// readers could disagree about where the body ends. Only fields that matter here are kept, in one
// string that is reused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "outcome/failure.hpp"

namespace trawl {

/// How the end of a body is found (RFC 9112 6.3).
enum class body_framing : std::uint8_t { none, length, chunked, until_close };

/// Facts of a response. The views stay valid until the parser's next start().
struct response_head {
  std::uint16_t status = 0;
  std::uint8_t http_minor = 1;  ///< 0 or 1; what calls itself HTTP/2 on such a connection counts as 1.
  body_framing framing = body_framing::none;
  /// RFC 9112 9.3, as far as the head says. False too for a body that ends at close, for chunked beside a
  /// length or in HTTP/1.0, and for a connection that NTLM or Negotiate would bind to a user.
  bool keep_alive = false;
  /// There were two different Location fields: which one is meant is anyone's guess.
  bool location_conflicts = false;
  /// As declared, also where no body follows (HEAD, 304). Absent when chunked overrides it.
  std::optional<std::uint64_t> content_length;
  std::string_view content_type;        ///< The last one, as RFC 9110 8.3 reports of its recipients.
  std::string_view location;            ///< The first that is not empty.
  std::string_view retry_after;         ///< The first.
  std::string_view content_encoding;    ///< All of them, as one list.
  std::string_view proxy_authenticate;  ///< All of them, as one list.
  [[nodiscard]] bool chunked() const { return framing == body_framing::chunked; }
};

/// What was asked, as far as it decides whether a body follows.
enum class asked : std::uint8_t { get, head, connect };

/// Reads lines, ends in a response_head. A call that returns false has filled `fault`, and is the last.
class head_reader {
 public:
  void start();
  /// False at once when these first octets of a connection can begin no status line.
  [[nodiscard]] static bool may_begin(std::string_view octets);
  [[nodiscard]] bool status_line(std::string_view line, failure& fault);
  /// One line that is not empty, without its end. One that begins with white space continues the last.
  [[nodiscard]] bool field_line(std::string_view line, failure& fault);
  /// After the empty line: decides framing and reuse, and fills head().
  [[nodiscard]] bool finish(asked method, failure& fault);
  [[nodiscard]] const response_head& head() const { return head_; }

 private:
  enum class field : std::uint8_t {
    other,
    connection,
    content_encoding,
    content_length,
    content_type,
    location,
    proxy_authenticate,
    retry_after,
    transfer_encoding,
    www_authenticate,
  };
  struct span {  ///< A piece of text_, which may move while it grows.
    std::uint32_t at = 0;
    std::uint32_t size = 0;
  };
  [[nodiscard]] static field field_named(std::string_view name);
  /// Whether the field decides where the body ends.
  [[nodiscard]] static bool frames(field f) { return f == field::content_length || f == field::transfer_encoding; }
  [[nodiscard]] bool continue_field(std::string_view line, failure& fault);
  void begin_field(field which, std::string_view value);
  [[nodiscard]] bool commit(failure& fault);
  void commit_location(span value);
  void read_connection(std::string_view value);
  void read_authenticate(std::string_view value);
  [[nodiscard]] bool read_length(std::string_view value, failure& fault);
  void read_codings(std::string_view value);
  void read_coding(std::string_view coding);
  [[nodiscard]] bool check_codings(failure& fault) const;
  void decide_framing(asked method);
  void decide_reuse();
  void publish_views();
  [[nodiscard]] std::string_view at(span piece) const { return std::string_view(text_).substr(piece.at, piece.size); }

  /// What start() forgets at once; the strings are emptied, not given back.
  struct facts {
    field open = field::other;  ///< The field that a continuation line would continue.
    std::uint32_t open_at = 0;  ///< Where its value begins in text_.
    bool any_field = false;
    bool close = false;          ///< Connection: close
    bool stay = false;           ///< Connection: keep-alive
    bool bound_to_user = false;  ///< NTLM or Negotiate was offered.
    bool codings_seen = false;   ///< There was a Transfer-Encoding.
    bool identity = false;       ///< It named `identity`.
    bool chunked_last = false;
    std::uint8_t chunked_count = 0;
    span unknown_coding, content_type, location, retry_after;
  };

  response_head head_;
  facts seen_;
  std::string text_;        ///< Values that matter, one after the other; the open one is last.
  std::string codings_;     ///< Content-Encoding, combined.
  std::string challenges_;  ///< Proxy-Authenticate, combined.
};

}  // namespace trawl
