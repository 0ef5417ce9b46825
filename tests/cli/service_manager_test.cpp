// What a service manager would receive, on a real datagram socket.
#include "cli/service_manager.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>

#include "base/log.hpp"

using namespace trawl;

namespace {

// The other end. `name` as in $NOTIFY_SOCKET.
class notify_socket {
 public:
  explicit notify_socket(const std::string& name) : path_(name[0] == '/' ? name : "") {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (path_.empty()) address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + (path_.empty() ? 0 : 1));
    REQUIRE(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), length) == 0);
  }
  ~notify_socket() {
    ::close(fd_);
    if (!path_.empty()) std::filesystem::remove(path_);
  }
  // The next datagram; "" when there is none.
  std::string next() const {
    std::array<char, 512> text;
    const ssize_t n = ::recv(fd_, text.data(), text.size(), MSG_DONTWAIT);
    return {text.data(), n > 0 ? static_cast<std::size_t>(n) : 0};
  }

 private:
  const std::string path_;
  const int fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

std::string own_name(const std::string& before) { return before + "trawl-notify-" + std::to_string(::getpid()); }

environment variables(const std::map<std::string, std::string>& set) {
  return [set](const char* name) { return set.contains(name) ? set.at(name).c_str() : nullptr; };
}

std::optional<microseconds> watchdog_with(std::map<std::string, std::string> set) {
  const std::string name = own_name("@");
  const notify_socket manager(name);
  set["NOTIFY_SOCKET"] = name;
  return service_manager(variables(set)).watchdog();
}

}  // namespace

TEST_CASE("service_manager: a path and an abstract name are told each state in one datagram") {
  for (const std::string& name : {own_name("/tmp/"), own_name("@")}) {
    CAPTURE(name);
    const notify_socket manager(name);
    service_manager told(variables({{"NOTIFY_SOCKET", name}}));
    CHECK(manager.next().empty());
    told.ready("listening on 127.0.0.1:1");
    CHECK(manager.next() == "READY=1\nSTATUS=listening on 127.0.0.1:1");
    told.reloading();
    const std::string reload = manager.next();
    const std::string begins = "RELOADING=1\nMONOTONIC_USEC=";
    REQUIRE(reload.starts_with(begins));
    CHECK(std::stoull(reload.substr(begins.size())) > 0);
    told.alive();
    CHECK(manager.next() == "WATCHDOG=1");
    told.stopping();
    CHECK(manager.next() == "STOPPING=1\nSTATUS=stopping");
    CHECK(manager.next().empty());
    CHECK(!told.watchdog());
  }
}

TEST_CASE("service_manager: without a socket, or with one that is no use, nobody is told and nothing fails") {
  set_up_log(log_level::off, log_format::text);
  for (const std::string name : {"", "@", "/", "relative", "vsock:2:1234", "/no/such/socket"}) {
    CAPTURE(name);
    service_manager told(variables({{"NOTIFY_SOCKET", name}, {"WATCHDOG_USEC", "1000"}}));
    told.ready("");
    told.alive();
    told.stopping();
    CHECK(!told.watchdog());
  }
  service_manager told(variables({{"NOTIFY_SOCKET", "/" + std::string(200, 'x')}}));
  told.ready("");
  CHECK(!service_manager(variables({})).watchdog());
  set_up_log(log_level::info, log_format::text);
}

TEST_CASE("service_manager: a manager that does not read holds up no sign of life") {
  const std::string name = own_name("@");
  const notify_socket manager(name);
  service_manager told(variables({{"NOTIFY_SOCKET", name}}));
  for (int n = 0; n < 100000; ++n) told.alive();
  CHECK(manager.next() == "WATCHDOG=1");
}

TEST_CASE("service_manager: the watchdog is meant for the process that $WATCHDOG_PID names") {
  const std::string self = std::to_string(::getpid());
  CHECK(watchdog_with({{"WATCHDOG_USEC", "30000000"}, {"WATCHDOG_PID", self}}) == seconds(30));
  CHECK(watchdog_with({{"WATCHDOG_USEC", "1"}}) == microseconds(1));
  CHECK(!watchdog_with({{"WATCHDOG_USEC", "30000000"}, {"WATCHDOG_PID", "1"}}));
  for (const char* none : {"", "0", "-1", "1s", "99999999999999999999"}) {
    CAPTURE(none);
    CHECK(!watchdog_with({{"WATCHDOG_USEC", none}, {"WATCHDOG_PID", self}}));
  }
  CHECK(!watchdog_with({{"WATCHDOG_PID", self}}));
}
