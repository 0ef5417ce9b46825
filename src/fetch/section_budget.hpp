// What a header section (or a trailer section) may cost, and how much of that is spent.
#pragma once

#include <cstddef>

#include "outcome/failure.hpp"

namespace trawl {

class section_budget {
 public:
  /// Of one section, line ends and the empty line included. Browsers stop between 64 and 256 KiB.
  static constexpr std::size_t octet_limit = 65536;
  /// Lines that are fields or stand where one should. Some servers set dozens of cookies, none hundreds.
  static constexpr std::size_t field_limit = 256;

  void start() { octets_ = fields_ = 0; }
  /// False: over the limit, and `fault` says which.
  [[nodiscard]] bool spend_octets(std::size_t octets, failure& fault) {
    octets_ += octets;
    return octets_ <= octet_limit || over(fault, octet_limit, "octets");
  }
  [[nodiscard]] bool spend_field(failure& fault) {
    return ++fields_ <= field_limit || over(fault, field_limit, "fields");
  }
  /// Whether a line of which `octets` have come without an end can still fit.
  [[nodiscard]] bool can_grow(std::size_t octets, failure& fault) const {
    return octets_ + octets < octet_limit || over(fault, octet_limit, "octets");
  }

 private:
  static bool over(failure& fault, std::size_t limit, const char* unit);
  std::size_t octets_ = 0;
  std::size_t fields_ = 0;
};

}  // namespace trawl
