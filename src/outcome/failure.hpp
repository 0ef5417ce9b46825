// A failure on its way from where it happened to the record: code, phase, and words for a human.
#pragma once

#include <trawl/error.hpp>

#include <boost/system/result.hpp>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

namespace trawl {

struct failure {
  errc code = errc::none;
  phase where = phase::none;
  /// What a person needs to know, in one line; names host, address, limit or certificate field.
  std::string detail;
  /// With dns_error: the name may exist, its server failed (SERVFAIL); another attempt may do better. With
  /// proxy_connect_error: likewise.
  bool transient = false;
  /// With rate_limited: epoch seconds when the host may be asked again; 0: not said.
  std::int64_t retry_at = 0;
};

/// Found by boost::system::result when value() is asked of a failure: a bug, not an outcome.
[[noreturn]] inline void throw_exception_from_error(const failure& f, const boost::source_location&) {
  throw std::logic_error("value() of a failed result: " + f.detail);
}

/// Value or failure. `if (!r) return r.error();`
template <class T>
using result = boost::system::result<T, failure>;

}  // namespace trawl
