#include "connect/proxy_settings.hpp"

namespace trawl {

proxy_settings::proxy_settings(const engine_options& options, std::vector<std::string>& problems) {
  if (const auto wrong = parse_proxy(options.http_proxy, http_)) problems.push_back("http_proxy: " + *wrong);
  if (const auto wrong = parse_proxy(options.https_proxy, https_)) problems.push_back("https_proxy: " + *wrong);
  if (!http_ && !https_) return;
  std::vector<std::string> wrong_items;
  exceptions_.add(options.no_proxy, wrong_items);
  for (const std::string& each : wrong_items) problems.push_back("no_proxy: " + each);
}

const proxy* proxy_settings::choose(bool is_https, std::string_view hostname, std::uint16_t port) const {
  const auto& by_scheme = is_https ? https_ : http_;
  return by_scheme && !exceptions_.contain(hostname, port) ? &*by_scheme : nullptr;
}

}  // namespace trawl
