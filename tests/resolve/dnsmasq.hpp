// A real DNS server for one test: dnsmasq on a free loopback port, in the foreground, ended with the test. Not with
// --no-daemon: it then serves nobody else while a TCP connection is open.
#pragma once

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/temp_file.hpp"

class dnsmasq {
 public:
  /// `zone`: what it answers, as dnsmasq options. Throws when it cannot be started.
  explicit dnsmasq(const std::vector<std::string>& zone) {
    for (int attempt = 0; attempt < 20; ++attempt) {  // Somebody else may take the port before it does.
      port_ = free_port();
      start(arguments(zone));
      if (answers()) return;
      stop();
    }
    throw std::runtime_error("dnsmasq does not start; it is in Debian's package dnsmasq-base");
  }
  dnsmasq(const dnsmasq&) = delete;
  dnsmasq& operator=(const dnsmasq&) = delete;
  ~dnsmasq() { stop(); }

  /// "127.0.0.1:PORT"
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  /// How often it was asked, e.g. count("query[A] x.test").
  [[nodiscard]] std::size_t count(const std::string& what) const {
    std::ifstream log(log_.path());
    std::size_t times = 0;
    for (std::string line; std::getline(log, line);) times += line.find(what + " from") != std::string::npos;
    return times;
  }

 private:
  // Of UDP and of TCP, where a busy machine has many ports in use that UDP has not.
  static unsigned short free_port() {
    using tcp = boost::asio::ip::tcp;
    boost::asio::io_context none;
    for (;;) {
      const boost::asio::ip::udp::socket probe(none, {boost::asio::ip::address_v4::loopback(), 0});
      const unsigned short port = probe.local_endpoint().port();
      tcp::socket stream(none, tcp::v4());
      boost::system::error_code taken;
      stream.bind({boost::asio::ip::address_v4::loopback(), port}, taken);
      if (!taken) return port;
    }
  }

  std::vector<std::string> arguments(const std::vector<std::string>& zone) const {
    std::vector<std::string> all{"dnsmasq",
                                 "--keep-in-foreground",
                                 "--pid-file",
                                 "--conf-file=/dev/null",
                                 "--no-resolv",
                                 "--no-hosts",
                                 "--bind-interfaces",
                                 "--listen-address=127.0.0.1",
                                 "--log-queries",
                                 "--port=" + std::to_string(port_),
                                 "--log-facility=" + log_.path(),
                                 "--user=" + std::string(::getpwuid(::getuid())->pw_name)};
    all.insert(all.end(), zone.begin(), zone.end());
    return all;
  }

  void start(std::vector<std::string> arguments) {
    std::vector<char*> argv;
    for (std::string& each : arguments) argv.push_back(each.data());
    argv.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(::open("/dev/null", O_RDWR), 2);
    ::execvp("dnsmasq", argv.data());
    ::execv("/usr/sbin/dnsmasq", argv.data());  // Not in every user's PATH.
    ::_exit(127);
  }

  // It listens to UDP and TCP at once, so a connection tells that it is there. False: it has ended, or ten seconds
  // have.
  bool answers() {
    using tcp = boost::asio::ip::tcp;
    boost::asio::io_context none;
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (std::chrono::steady_clock::now() < until && !ended()) {
      boost::system::error_code ec;
      tcp::socket probe(none);
      probe.connect({boost::asio::ip::address_v4::loopback(), port_}, ec);
      if (!ec) return true;
      ::usleep(10'000);
    }
    return false;
  }
  bool ended() {
    if (::waitpid(pid_, nullptr, WNOHANG) == 0) return false;
    pid_ = -1;
    return true;
  }

  void stop() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

  unsigned short port_ = 0;
  temp_file log_;
  pid_t pid_ = -1;
};
