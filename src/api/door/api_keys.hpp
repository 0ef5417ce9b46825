// The keys that callers of the API show. At rest only the SHA-256 of a key is known: it has 256 random bits, so there
// is nothing to guess from its hash, and a slow hash would only slow requests down. The file has one key a line: NAME
// SCOPE sha256:HEX. Blank lines and those that begin with '#' are passed over. Lines of one name are one caller, with
// the same tasks: so a key is replaced by a second one before the first goes. Belongs to one loop. Not thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/http/permission.hpp"
#include "base/digest.hpp"

namespace trawl {

struct api_key {
  std::string name;
  permission scope = permission::read;
  sha256_octets hash{};
};

class api_keys {
 public:
  /// Takes the keys of a file in place of those there were. Otherwise what is wrong with it, each with its line, and
  /// all stays as it was. A file without a key is wrong: nobody would get in.
  [[nodiscard]] std::vector<std::string> read(std::string_view text);
  /// The key with that secret, or null. Takes as long whichever it is, and when it is none.
  [[nodiscard]] const api_key* find(std::string_view secret) const;
  [[nodiscard]] std::size_t size() const { return keys_.size(); }

 private:
  std::vector<api_key> keys_;
};

/// One that was just made: what its owner gets, and what the file gets.
struct fresh_key {
  std::string secret;  ///< "trawl_" and 43 characters of base64url.
  std::string line;    ///< Without a line end.
};
/// Throws when the system has no randomness.
[[nodiscard]] fresh_key make_api_key(std::string_view name, permission scope);

/// 1 to 64 letters, digits, '.', '_' and '-'.
[[nodiscard]] bool is_key_name(std::string_view name);

}  // namespace trawl
