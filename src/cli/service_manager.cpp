#include "cli/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>

#include "base/log.hpp"
#include "cli/option_values.hpp"

namespace trawl {
namespace {

constexpr std::uint64_t longest_us = std::uint64_t{1} << 50;

// The address of a path or of '@' and an abstract name; its length, or 0 for what is neither.
socklen_t address_of(std::string_view name, sockaddr_un& into) {
  into.sun_family = AF_UNIX;
  const bool abstract = name.starts_with('@');
  if (name.size() < 2 || name.size() >= sizeof into.sun_path || (!abstract && name[0] != '/')) return 0;
  std::memcpy(into.sun_path, name.data(), name.size());
  if (abstract) into.sun_path[0] = '\0';
  // An abstract name is as long as it is said to be; a path ends with a zero.
  return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + (abstract ? 0 : 1));
}

int open_socket(std::string_view name) {
  sockaddr_un address{};
  const socklen_t length = address_of(name, address);
  if (length == 0) {
    errno = EINVAL;
    return -1;
  }
  const int opened = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const timeval patience{2, 0};
  ::setsockopt(opened, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (opened >= 0 && ::connect(opened, reinterpret_cast<const sockaddr*>(&address), length) == 0) return opened;
  const int why = errno;
  if (opened >= 0) ::close(opened);
  errno = why;
  return -1;
}

std::optional<microseconds> watchdog_of(const environment& env) {
  const char* const interval = env("WATCHDOG_USEC");
  const char* const process = env("WATCHDOG_PID");
  const auto us = parse_integer(interval == nullptr ? "" : interval, 1, longest_us);
  if (!us || (process != nullptr && process != std::to_string(::getpid()))) return std::nullopt;
  return microseconds(*us);
}

std::string monotonic_us() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::to_string(now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

}  // namespace

service_manager::service_manager(const environment& env) {
  const char* const name = env("NOTIFY_SOCKET");
  if (name == nullptr || *name == '\0') return;
  socket_ = open_socket(name);
  if (socket_ < 0)
    log_event(log_level::warning, "the service manager cannot be told",
              {{"socket", name}, {"reason", std::strerror(errno)}});
  else
    watchdog_ = watchdog_of(env);
}

service_manager::~service_manager() {
  if (socket_ >= 0) ::close(socket_);
}

void service_manager::ready(std::string_view status) { tell("READY=1\nSTATUS=" + std::string(status), true); }
void service_manager::stopping() { tell("STOPPING=1\nSTATUS=stopping", true); }
void service_manager::alive() { tell("WATCHDOG=1", false); }

// From systemd 253 on, Type=notify-reload wants to know which reload this is.
void service_manager::reloading() { tell("RELOADING=1\nMONOTONIC_USEC=" + monotonic_us(), true); }

void service_manager::tell(std::string_view lines, bool may_block) {
  if (socket_ < 0) return;
  const int flags = MSG_NOSIGNAL | (may_block ? 0 : MSG_DONTWAIT);
  if (::send(socket_, lines.data(), lines.size(), flags) >= 0 || errno == EAGAIN) return;
  log_event(log_level::warning, "the service manager cannot be told", {{"reason", std::strerror(errno)}});
}

}  // namespace trawl
