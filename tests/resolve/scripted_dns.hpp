// A DNS server that says what a test tells it to: late, wrong, forged or nothing. A plain UDP socket on the test's
// own loop, so it needs no thread. It counts what it was asked.
#pragma once

#include <array>
#include <boost/asio/ip/udp.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/executor.hpp"

namespace dns_wire {

inline std::string u16(unsigned value) { return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)}; }
inline std::string u32(std::uint32_t value) { return u16(value >> 16) + u16(value & 0xffff); }

inline std::string name(const std::string& dotted) {
  std::string wire;
  for (std::size_t start = 0; start < dotted.size();) {
    const std::size_t end = std::min(dotted.find('.', start), dotted.size());
    wire += static_cast<char>(end - start) + dotted.substr(start, end - start);
    start = end + 1;
  }
  return wire + '\0';
}

inline std::string record(const std::string& owner, unsigned type, std::uint32_t ttl, const std::string& data) {
  return name(owner) + u16(type) + u16(1) + u32(ttl) + u16(static_cast<unsigned>(data.size())) + data;
}
inline std::string a(const std::string& owner, const char* address, std::uint32_t ttl = 60) {
  const auto bytes = boost::asio::ip::make_address_v4(address).to_bytes();
  return record(owner, 1, ttl, std::string(bytes.begin(), bytes.end()));
}
inline std::string aaaa(const std::string& owner, const char* address, std::uint32_t ttl = 60) {
  const auto bytes = boost::asio::ip::make_address_v6(address).to_bytes();
  return record(owner, 28, ttl, std::string(bytes.begin(), bytes.end()));
}
inline std::string cname(const std::string& owner, const std::string& target, std::uint32_t ttl = 60) {
  return record(owner, 5, ttl, name(target));
}

}  // namespace dns_wire

struct dns_question {
  std::uint16_t id = 0;
  std::string name;
  unsigned type = 0;
  bool edns = false;
  boost::asio::ip::udp::endpoint from;

  [[nodiscard]] bool is_a() const { return type == 1; }
  /// The EDNS record of an answer with that rcode (RFC 6891 6.1.3).
  [[nodiscard]] std::string opt(unsigned answer_rcode) const {
    using namespace dns_wire;
    return std::string(1, '\0') + u16(41) + u16(1232) + u32(static_cast<std::uint32_t>(answer_rcode >> 4U) << 24U) +
           u16(0);
  }
  /// A response to it; `records` are complete answer records.
  [[nodiscard]] std::string reply(unsigned rcode, const std::vector<std::string>& records = {}) const {
    using namespace dns_wire;
    std::string wire = u16(id) + u16(0x8180 | rcode) + u16(1) + u16(static_cast<unsigned>(records.size())) + u32(0) +
                       dns_wire::name(name) + u16(type) + u16(1);
    for (const std::string& each : records) wire += each;
    return wire;
  }
};

class scripted_dns {
 public:
  using script = std::function<void(const dns_question&)>;

  explicit scripted_dns(boost::asio::io_context& loop)
      : socket_(loop, boost::asio::ip::udp::endpoint(boost::asio::ip::address_v4::loopback(), 0)) {
    receive();
  }
  /// Called for each question; answers by send(), now or later or never.
  script on_question = [](const dns_question&) {};
  void send(const dns_question& to, const std::string& wire) {
    boost::system::error_code ignored;
    socket_.send_to(boost::asio::buffer(wire), to.from, 0, ignored);
  }
  void close() { socket_.close(); }
  /// "127.0.0.1:PORT"
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(socket_.local_endpoint().port()); }
  [[nodiscard]] std::size_t asked() const { return questions_.size(); }
  [[nodiscard]] const std::vector<dns_question>& questions() const { return questions_; }

 private:
  void receive() {
    socket_.async_receive_from(boost::asio::buffer(buffer_), from_,
                               [this](boost::system::error_code ec, std::size_t n) {
                                 if (ec) return;
                                 questions_.push_back(parse(std::string(buffer_.data(), n)));
                                 const dns_question question = questions_.back();
                                 receive();
                                 on_question(question);
                               });
  }
  dns_question parse(const std::string& wire) const {
    dns_question question;
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(wire.at(at)); };
    question.id = static_cast<std::uint16_t>(byte(0) << 8 | byte(1));
    question.edns = byte(11) == 1;  // One additional record.
    std::size_t at = 12;
    for (; byte(at) != 0; at += byte(at) + 1U)
      question.name += (question.name.empty() ? "" : ".") + wire.substr(at + 1, byte(at));
    question.type = static_cast<unsigned>(byte(at + 1) << 8 | byte(at + 2));
    question.from = from_;
    return question;
  }

  boost::asio::ip::udp::socket socket_;
  boost::asio::ip::udp::endpoint from_;
  std::array<char, 1500> buffer_{};
  std::vector<dns_question> questions_;
};
