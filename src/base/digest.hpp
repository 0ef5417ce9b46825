// SHA-256 (FIPS 180-4) and HMAC with it (RFC 2104), by OpenSSL.
#pragma once

#include <array>
#include <string_view>

struct evp_md_ctx_st;

namespace trawl {

using sha256_octets = std::array<unsigned char, 32>;

/// Of octets that come in pieces.
class sha256 {
 public:
  sha256();
  ~sha256();
  sha256(const sha256&) = delete;
  sha256& operator=(const sha256&) = delete;

  void add(std::string_view piece);
  /// Once, at the end.
  [[nodiscard]] sha256_octets finish();

 private:
  evp_md_ctx_st* context_;
};

[[nodiscard]] sha256_octets hmac_sha256(std::string_view key, std::string_view message);

}  // namespace trawl
