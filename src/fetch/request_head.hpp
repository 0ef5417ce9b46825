// The head of a request, as it goes over the wire: the request line, Host, what trawl sends by itself, what the caller
// wants sent. GET and HEAD have no body; a POST of ours has
// one that is known whole.
#pragma once

#include <trawl/options.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "connect/proxy.hpp"
#include "fetch/content_decoder.hpp"
#include "url/url.hpp"

namespace trawl {

/// Where a caller's fields are going. To an origin other than the one submitted only Accept, Accept-* and
/// User-Agent go along: a redirect must not carry a token or a cookie to a stranger.
enum class field_scope : std::uint8_t { own_origin, other_origin };

/// Fields that passed base/header_rules, serialized ("Name: value" and CRLF each) as far as the scope lets them.
/// Once a task, not once a request.
[[nodiscard]] std::string request_fields(std::span<const std::pair<std::string, std::string>> headers,
                                         field_scope scope);

/// The fields of a task and those of one input, both serialized: what the input has by a name stands in place of what
/// the task has. `of_task` is cut to the scope already, `of_input` is not.
[[nodiscard]] std::string merged_fields(std::string_view of_task, std::string_view of_input, field_scope scope);

struct request_options {
  http_method method = http_method::get;
  bool keep_alive = true;  ///< false: `Connection: close`.
  std::string_view user_agent;
  /// Empty: no Accept-Encoding, which would let the server choose any (RFC 9110 12.5.3). With a Range of the caller's
  /// it is `identity` instead, as browsers have it: a part of a coded body cannot be decoded.
  std::string_view accept_encoding = offered_codings;
  /// Of an http URL: in absolute form and with the proxy's credentials (RFC 9112 3.2.2). Null: to the server itself.
  const proxy* via = nullptr;
  /// After a redirect within the origin submitted: the URL submitted, whose credentials then go along as its caller's
  /// fields do, unless the target has its own. Null: none.
  const url* submitted = nullptr;
  std::string_view body;                ///< Of a POST; follows the head.
  const std::string* fields = nullptr;  ///< Serialized, as above. What it names is not sent a second time.
};

/// Appends the whole head, empty line included, and the body. Credentials in the URL go as Basic (RFC 7617), unless the
/// caller gave an Authorization.
void append_request_head(std::string& out, const url& to, const request_options& options);

}  // namespace trawl
