// Which URLs go through which proxy: one for http, one for https, and what goes direct all the same.
// Loopback is nothing special here, as with curl: whoever names a proxy for everything means everything, and
// `no_proxy` is the one place that says otherwise. (Go goes direct to loopback unasked; then the same list means two
// things in two programs, and a test against a local server never meets its proxy.)
// A plain class, no I/O; immutable once built, so any thread may ask.
#pragma once

#include <trawl/options.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connect/proxy.hpp"
#include "connect/proxy_exceptions.hpp"

namespace trawl {

class proxy_settings {
 public:
  /// Everything direct.
  proxy_settings() = default;
  /// http_proxy, https_proxy and no_proxy of `options`; what is wrong with them is added to `problems`. With no
  /// proxy, no_proxy is not looked at.
  proxy_settings(const engine_options& options, std::vector<std::string>& problems);

  /// For a URL of that scheme, host (without brackets) and port. nullptr: direct. Valid as long as *this.
  [[nodiscard]] const proxy* choose(bool is_https, std::string_view hostname, std::uint16_t port) const;
  [[nodiscard]] const std::optional<proxy>& for_http() const { return http_; }
  [[nodiscard]] const std::optional<proxy>& for_https() const { return https_; }

 private:
  std::optional<proxy> http_;
  std::optional<proxy> https_;
  proxy_exceptions exceptions_;
};

}  // namespace trawl
