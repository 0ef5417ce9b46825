// What is left of one input URL: what happened, where it ended, and how long each part took.
// A record is handed out as views into its task; it is valid while the task is held.
#pragma once

#include <trawl/error.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace trawl {

/// The parts of `timings`, in the order they are printed.
enum class timing : std::uint8_t { queue, dns, connect, tls, ttfb, transfer, total };
inline constexpr std::size_t timing_count = 7;
/// As the API calls it.
[[nodiscard]] constexpr std::string_view timing_name(timing part) {
  constexpr std::string_view names[timing_count] = {"queue", "dns", "connect", "tls", "ttfb", "transfer", "total"};
  return names[static_cast<std::size_t>(part)];
}

/// Microseconds of the last attempt, its hops summed. `queue` is all waiting in trawl, and `total`
/// excludes it. A part that did not take place is absent, never 0 by absence.
class timings {
 public:
  static constexpr std::int64_t absent = -1;
  timings() { parts_.fill(absent); }
  [[nodiscard]] std::int64_t get(timing part) const { return parts_[static_cast<std::size_t>(part)]; }
  [[nodiscard]] bool has(timing part) const { return get(part) != absent; }
  void set(timing part, std::int64_t us) { parts_[static_cast<std::size_t>(part)] = us < 0 ? 0 : us; }
  /// Adds to what earlier hops of the attempt took.
  void add(timing part, std::int64_t us) { set(part, (has(part) ? get(part) : 0) + us); }
  void clear(timing part) { parts_[static_cast<std::size_t>(part)] = absent; }

 private:
  std::array<std::int64_t, timing_count> parts_;
};

struct redirect_hop {
  std::uint16_t status_code = 0;
  std::string_view url;  ///< The URL that answered with the redirect.
};

struct record {
  std::uint32_t index = 0;     ///< Position in the submission.
  std::string_view url;        ///< Exactly as submitted.
  std::int64_t timestamp = 0;  ///< Epoch seconds when it finished.

  errc code = errc::none;     ///< none: succeeded.
  phase where = phase::none;  ///< Where it failed.
  bool retryable = false;     ///< Another attempt later could end otherwise.
  std::string_view detail;    ///< One line for a person; empty on success.
  std::int64_t retry_at = 0;  ///< Epoch seconds, with rate_limited; 0: not said.

  std::uint16_t status_code = 0;     ///< Of the last response; 0: there was none.
  std::uint8_t http_version = 0;     ///< 10 or 11; 0: no response.
  std::uint16_t attempts = 0;        ///< Tries made; 0: ended before the first.
  bool has_body = false;             ///< content_length holds.
  std::uint64_t content_length = 0;  ///< Body octets received, decoded.
  std::string_view content_type;     ///< As sent; empty: none.
  std::string_view remote_ip;        ///< Text form of the address dialled last; empty: none.
  std::string_view final_url;        ///< Where it ended, when redirected; else empty.
  std::vector<redirect_hop> redirects;

  std::string_view tls_version;  ///< "TLSv1.3"; empty: no TLS.
  std::string_view tls_cipher;
  std::int64_t tls_not_after = 0;    ///< Epoch seconds.
  std::string_view tls_verify_note;  ///< verify_tls false: what was wrong with the certificate.

  std::string_view meta;  ///< JSON, echoed from the input; empty: none.

  timings took;

  [[nodiscard]] bool ok() const { return code == errc::none; }
};

}  // namespace trawl
