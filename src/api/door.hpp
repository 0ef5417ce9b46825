// Who may do what: every request passes here before its route sees it. With keys a caller shows one, and what it may do
// is a matter of its scope; without keys web pages are kept out instead (browser_guard). Decides; does no I/O.
// Belongs to one loop. Not thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/access.hpp"
#include "api/answer.hpp"
#include "api/api_keys.hpp"
#include "api/browser_guard.hpp"
#include "api/request.hpp"

namespace trawl {

class door {
 public:
  /// `allowed_hosts`: for the browser_guard.
  explicit door(std::vector<std::string> allowed_hosts) : guard_(std::move(allowed_hosts)) {}

  /// From here on keys are asked for: those of the text of a key file. What is wrong with it, and then nothing changes.
  [[nodiscard]] std::vector<std::string> read_keys(std::string_view text);
  /// nullopt: nobody is asked for one.
  [[nodiscard]] const std::optional<api_keys>& keys() const { return keys_; }

  /// What the request is refused with: 401, or 403; nullopt: it may pass, and `asked` says whose it is. `needs`: of the
  /// route it met; what met none needs a key all the same, so that nobody without one learns what there is.
  [[nodiscard]] std::optional<problem> refuse(request& asked, access needs) const;

 private:
  [[nodiscard]] std::optional<problem> identify(request& asked, access needs) const;

  browser_guard guard_;
  std::optional<api_keys> keys_;
};

/// What "Authorization: Bearer TOKEN" has for TOKEN (RFC 6750 2.1); empty: no such field, or more than one.
[[nodiscard]] std::string_view bearer_token(const request& asked);

}  // namespace trawl
