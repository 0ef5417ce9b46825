// Keeps web pages from driving a service that asks for no key: a page can make its visitor's browser send
// requests to 127.0.0.1, and a name can be made to point there. So a foreign Host, a foreign Origin and
// what a browser itself marks as cross-site are refused (README, What is safe by default). Other programs send none of
// these.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/request.hpp"

namespace trawl {

class browser_guard {
 public:
  /// `allowed`: names that may stand in Host beside IP literals and localhost.
  explicit browser_guard(std::vector<std::string> allowed) : allowed_(std::move(allowed)) {}
  /// Why it is refused, in words; nullopt: it is not.
  /// `page_allowed`: it comes from a page that may (cors), and only its Host is looked at.
  [[nodiscard]] std::optional<std::string> refuse(const request& asked, bool page_allowed = false) const;

 private:
  [[nodiscard]] bool knows(std::string_view host) const;
  std::vector<std::string> allowed_;
};

}  // namespace trawl
