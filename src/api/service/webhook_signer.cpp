#include "api/service/webhook_signer.hpp"

#include <optional>

#include "base/base64.hpp"
#include "base/digest.hpp"
#include "base/start_error.hpp"
#include "base/text.hpp"
#include "base/whole_file.hpp"

namespace trawl {
namespace {

constexpr std::string_view prefix = "whsec_";
constexpr std::size_t shortest = 24;
constexpr std::size_t longest = 64;

}  // namespace

std::string webhook_signer::read(std::string_view text) {
  for (int number = 1; !text.empty(); ++number) {
    std::string_view line = take_until(text, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = trim_ows(line);
    if (line.empty() || line.starts_with('#')) continue;
    const auto secret =
        line.starts_with(prefix) ? decode_base64(line.substr(prefix.size())) : std::optional<std::string>();
    if (!secret || secret->size() < shortest || secret->size() > longest)
      return "line " + std::to_string(number) + ": a secret is whsec_ and 24 to 64 octets in base64";
    secrets_.push_back(*secret);
  }
  return secrets_.empty() ? "there is no secret in it" : "";
}

std::string webhook_signer::sign(std::string_view id, std::int64_t timestamp, std::string_view body) const {
  std::string message(id);
  message.append(".").append(std::to_string(timestamp)).append(".").append(body);
  std::string signatures;
  for (const std::string& secret : secrets_) {
    const sha256_octets made = hmac_sha256(secret, message);
    signatures += signatures.empty() ? "v1," : " v1,";
    append_base64(signatures, {reinterpret_cast<const char*>(made.data()), made.size()});
  }
  return signatures;
}

webhook_signer signer_from_file(const std::string& path) {
  webhook_signer signer;
  if (path.empty()) return signer;
  const file_text file = read_whole_file(path);
  const std::string wrong = file.wrong.empty() ? signer.read(file.text) : file.wrong;
  if (!wrong.empty()) throw start_error({"webhook-secret-file " + path + ": " + wrong});
  return signer;
}

}  // namespace trawl
