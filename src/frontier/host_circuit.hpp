// Whether a host can be reached at all. After ten failed dials in a row its circuit opens, and nothing is sent there
// for half a minute; then one fetch probes it: its dial closes the circuit or opens it again.
// Decides; it owns no timer and reads no clock. Belongs to one loop. Not thread-safe.
#pragma once

#include <string>
#include <utility>

#include "base/clock.hpp"
#include "outcome/failure.hpp"

namespace trawl {

/// A dial that says something about its host: refused, reset, unreachable, or not answered in five seconds or more.
/// Not a name that fails, a certificate, or a caller who would wait for less.
[[nodiscard]] inline bool tells_of_host(errc dial_error, clock::duration took) {
  switch (dial_error) {
    case errc::connection_refused:
    case errc::destination_ip_unroutable:
    case errc::connection_terminated:
      return true;
    case errc::connection_timeout:
      return took >= seconds(5);
    default:
      return false;
  }
}

/// A dial that failed although its host spoke: with a bad certificate, an alert, or no TLS at all. It can be reached.
[[nodiscard]] inline bool shows_host(errc dial_error) {
  return dial_error == errc::tls_certificate_error || dial_error == errc::tls_alert_received ||
         dial_error == errc::tls_protocol_error;
}

class host_circuit {
 public:
  static constexpr int failures_to_open = 10;
  static constexpr seconds open_time{30};
  /// Failures are remembered this long after the last one, also when the host has nothing else to do.
  static constexpr seconds memory{60};

  /// A dial failed that tells_of_host().
  void failed(time_point now, std::string error) {
    last_error_ = std::move(error);
    forget_at_ = now + memory;
    probing_ = false;
    if (++failures_ >= failures_to_open) open_until_ = now + open_time;
  }
  /// The host was reached.
  void reached() {
    failures_ = 0;
    probing_ = false;
    open_until_ = forget_at_ = {};
  }
  /// Nothing may be sent now, and what waits is not to wait any longer.
  [[nodiscard]] bool open(time_point now) const { return now < open_until_; }
  /// When a fetch may start; time_point::max(): not before the probe has told.
  [[nodiscard]] time_point ready_at() const { return probing_ ? time_point::max() : open_until_; }
  /// A fetch starts; it is the probe when the circuit was open before.
  void start() { probing_ = failures_ >= failures_to_open; }
  /// The fetch that probed has ended and told nothing of the host, or ended as it was told above.
  void finished() { probing_ = false; }

  [[nodiscard]] const std::string& last_error() const { return last_error_; }
  [[nodiscard]] int failures() const { return failures_; }
  /// Until when it must be remembered.
  [[nodiscard]] time_point forget_at() const { return forget_at_; }

 private:
  int failures_ = 0;
  bool probing_ = false;
  time_point open_until_{};
  time_point forget_at_{};
  std::string last_error_;
};

}  // namespace trawl
