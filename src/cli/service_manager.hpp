// What systemd wants to hear from a service of Type=notify, by the protocol of sd_notify(3): one datagram of NAME=value
// lines to the socket that $NOTIFY_SOCKET names, a path, or '@' and an abstract name. Started without that variable,
// nobody is told anything. The protocol is all there is to it, so libsystemd is not needed.
// Belongs to one thread.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/clock.hpp"
#include "cli/options.hpp"

namespace trawl {

class service_manager {
 public:
  /// A socket that cannot be used is a warning in the log: the service can do without.
  explicit service_manager(const environment& env);
  service_manager(const service_manager&) = delete;
  service_manager& operator=(const service_manager&) = delete;
  ~service_manager();

  /// The service answers, or has finished reloading. `status`: one line for `systemctl status`.
  void ready(std::string_view status);
  /// A reload begins; ready() ends it.
  void reloading();
  /// The service ends in order.
  void stopping();
  /// For the watchdog. Never blocks; the others may, for two seconds.
  void alive();
  /// alive() is expected at least this often ($WATCHDOG_USEC, for this process by $WATCHDOG_PID); nullopt: not at all.
  [[nodiscard]] std::optional<microseconds> watchdog() const { return watchdog_; }

 private:
  void tell(std::string_view lines, bool may_block);

  int socket_ = -1;  // Connected; kept open, so that a lack of descriptors later is no silence.
  std::optional<microseconds> watchdog_;
};

}  // namespace trawl
