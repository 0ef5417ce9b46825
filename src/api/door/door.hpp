// Who may do what: every request passes here before its route sees it. With keys a caller shows one, and what it may do
// is a matter of its scope; without keys web pages are kept out instead (browser_guard), but for those of listed
// origins (cors). How often one may ask is decided here too (rate_limiter). Decides; does no I/O, reads no clock.
// Belongs to one loop. Not thread-safe.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <optional>
#include <string>
#include <vector>

#include "api/door/api_keys.hpp"
#include "api/door/browser_guard.hpp"
#include "api/door/cors.hpp"
#include "api/door/rate_limiter.hpp"
#include "api/http/answer.hpp"
#include "api/http/permission.hpp"
#include "api/http/request.hpp"
#include "base/executor.hpp"

namespace trawl {

struct door_options {
  std::vector<std::string> allowed_hosts;  ///< For the browser_guard.
  std::vector<std::string> cors_origins;   ///< Whose pages may use the API.
  std::uint32_t rate_limit = 0;            ///< Requests a second of one caller or address; 0: any.
};

/// What became of one request at the door.
struct visit {
  std::optional<problem> refused;
  std::optional<rate_limiter::verdict> rate;
};

class door {
 public:
  explicit door(door_options with);

  /// From here on keys are asked for: those of the text of a key file. What is wrong with it, and then nothing changes.
  [[nodiscard]] std::vector<std::string> read_keys(std::string_view text);
  /// nullopt: nobody is asked for one.
  [[nodiscard]] const std::optional<api_keys>& keys() const { return keys_; }

  /// Refuses the request with 401, 403 or 429, or lets it pass, and then `asked` says whose it is. `needs`: of the
  /// route it met; what met none needs a key all the same, so that nobody without one learns what there is.
  [[nodiscard]] visit receive(request& asked, permission needs, const asio::ip::address& from, time_point now);
  /// What the answer says beside what it answers: who may read it, and how many more there may be.
  void add_fields(answer& told, const request& asked, const visit& of) const;
  [[nodiscard]] const cors& pages() const { return pages_; }

 private:
  [[nodiscard]] std::optional<problem> identify(request& asked, permission needs) const;
  void limit(visit& which, const std::string& who, time_point now);

  browser_guard guard_;
  cors pages_;
  std::optional<rate_limiter> limiter_;
  std::optional<api_keys> keys_;
};

/// Whom a rate limit takes for one client: an address, and of IPv6 the network of 64 bits that one household has.
[[nodiscard]] std::string client_of(const asio::ip::address& from);

/// What "Authorization: Bearer TOKEN" has for TOKEN (RFC 6750 2.1); empty: no such field, or more than one.
[[nodiscard]] std::string_view bearer_token(const request& asked);

}  // namespace trawl
