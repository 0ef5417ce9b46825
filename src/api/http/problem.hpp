// What a request is answered with when it cannot be served: a problem document (RFC 9457).
#pragma once

#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trawl {

/// One thing wrong with the input.
struct input_error {
  std::string pointer;  ///< JSON pointer (RFC 6901) to the value.
  std::string detail;   ///< "must be an integer from 0 to 10"
};

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

/// "Not Found" for 404; every status the API sends has one.
[[nodiscard]] std::string_view reason_phrase(unsigned status);
/// The document: {"type", "title", "status", "detail"[, "errors"]}.
[[nodiscard]] std::string to_json(const problem& told);

}  // namespace trawl
