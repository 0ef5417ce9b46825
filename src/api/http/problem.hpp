// What a request is answered with when it cannot be served: a problem document (RFC 9457).
#pragma once

#include <boost/system/result.hpp>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trawl {

/// One thing wrong with the input.
struct input_error {
  std::string place;                  ///< JSON pointer (RFC 6901) into the body, key of the query, or name of a field.
  std::string detail;                 ///< "must be an integer from 0 to 10"
  std::string_view kind = "pointer";  ///< What `place` is: "pointer", "parameter" or "header".
};

/// Errors told in one answer.
inline constexpr std::size_t most_input_errors = 20;

struct problem {
  problem() = default;
  problem(unsigned with_status, std::string in_words) : status(with_status), detail(std::move(in_words)) {}

  unsigned status = 500;
  std::string detail;
  std::vector<input_error> errors;
  /// Seconds for Retry-After; 0: none.
  unsigned retry_after_s = 0;
  /// The methods a known path has, for 405.
  std::string allow;
  /// WWW-Authenticate, for 401 and for a key whose scope is too small.
  std::string challenge;
  /// The content codings a body may have, for 415 (RFC 9110 15.5.16).
  std::string accept_encoding;
};

/// Found by boost::system::result when value() is asked of a problem: a bug, not an outcome.
[[noreturn]] inline void throw_exception_from_error(const problem& p, const boost::source_location&) {
  throw std::logic_error("value() of a problem: " + p.detail);
}
/// A value, or what to answer instead.
template <class T>
using or_problem = boost::system::result<T, problem>;

/// 400 with all of them, which are not none; `detail` says the first in a sentence, for who does not look at the list.
[[nodiscard]] problem bad_input(std::vector<input_error> errors);
/// 400 for one key of the query, or for one field of the head.
[[nodiscard]] problem bad_parameter(std::string_view key, std::string detail);
[[nodiscard]] problem bad_header(std::string_view name, std::string detail);

/// "Not Found" for 404; every status the API sends has one.
[[nodiscard]] std::string_view reason_phrase(unsigned status);
/// The document: {"type", "title", "status", "detail"[, "errors"]}.
[[nodiscard]] std::string to_json(const problem& told);

}  // namespace trawl
