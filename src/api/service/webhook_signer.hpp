// Signatures after Standard Webhooks (standardwebhooks.com): HMAC-SHA256 over "id.timestamp.body". With several
// secrets there is one signature for each, so that a receiver can change from one to the next.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace trawl {

class webhook_signer {
 public:
  webhook_signer() = default;
  /// `text`: of a file, a secret a line, each "whsec_" and 24 to 64 octets in base64; blank lines and those that begin
  /// with '#' are passed over. Returns what is wrong with it, empty: nothing.
  [[nodiscard]] std::string read(std::string_view text);

  [[nodiscard]] bool has_secret() const { return !secrets_.empty(); }
  /// The value of webhook-signature: "v1,<base64>", by blank.
  [[nodiscard]] std::string sign(std::string_view id, std::int64_t timestamp, std::string_view body) const;

 private:
  std::vector<std::string> secrets_;
};

/// With the secrets of that file; of "" none. start_error when it cannot be read or holds none.
[[nodiscard]] webhook_signer signer_from_file(const std::string& path);

}  // namespace trawl
