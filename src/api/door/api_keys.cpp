#include "api/door/api_keys.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>

#include "base/text.hpp"

namespace trawl {
namespace {

constexpr std::string_view secret_prefix = "trawl_";
constexpr std::string_view hash_prefix = "sha256:";
constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::size_t longest_name = 64;
constexpr std::string_view blanks = " \t\r";

sha256_octets hash_of(std::string_view secret) {
  sha256 digest;
  digest.add(secret);
  return digest.finish();
}

std::optional<sha256_octets> read_hash(std::string_view text) {
  sha256_octets octets{};
  if (!text.starts_with(hash_prefix)) return std::nullopt;
  text.remove_prefix(hash_prefix.size());
  if (text.size() != octets.size() * 2) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t digit = hex_digits.find(text[i]);
    if (digit == std::string_view::npos) return std::nullopt;
    octets[i / 2] = static_cast<unsigned char>(octets[i / 2] << 4 | digit);
  }
  return octets;
}

// What is wrong with it is said without the hash: a secret may stand in its place by mistake, and this goes to a log.
std::string read_line(std::string_view line, std::vector<api_key>& into) {
  const std::string_view name = take_word(line, blanks), scope = take_word(line, blanks),
                         hash = take_word(line, blanks);
  if (name.empty() || name.starts_with('#')) return {};
  api_key made;
  made.name = name;
  if (!is_key_name(name)) return "a name is 1 to 64 letters, digits, '.', '_' and '-'";
  const auto allowed = scope_from_name(scope);
  if (!allowed) return "the scope is read-only, read-write or admin";
  const auto octets = read_hash(hash);
  if (!octets || !take_word(line, blanks).empty())
    return "the third and last word is sha256: and 64 hexadecimal digits";
  made.scope = *allowed;
  made.hash = *octets;
  into.push_back(std::move(made));
  return {};
}

std::string base64url(const sha256_octets& octets) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  unsigned bits = 0, have = 0;
  for (const unsigned char each : octets) {
    bits = bits << 8 | each;
    for (have += 8; have >= 6; have -= 6) text += letters[bits >> (have - 6) & 63];
  }
  return text += letters[bits << (6 - have) & 63];  // 256 bits are 42 letters and 4 bits.
}

}  // namespace

std::vector<std::string> api_keys::read(std::string_view text) {
  std::vector<api_key> found;
  std::vector<std::string> problems;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string wrong = read_line(take_until(text, '\n'), found);
    if (!wrong.empty()) problems.push_back("line " + std::to_string(number) + ": " + wrong);
  }
  if (problems.empty() && found.empty()) problems.emplace_back("there is no key in it");
  if (problems.empty()) keys_ = std::move(found);
  return problems;
}

const api_key* api_keys::find(std::string_view secret) const {
  const sha256_octets hash = hash_of(secret);
  const api_key* found = nullptr;
  for (const api_key& each : keys_)
    if (CRYPTO_memcmp(each.hash.data(), hash.data(), hash.size()) == 0) found = &each;
  return found;
}

fresh_key make_api_key(std::string_view name, permission scope) {
  sha256_octets random{};
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1)
    throw std::runtime_error("the system has no randomness for a key");
  fresh_key made;
  made.secret = std::string(secret_prefix) + base64url(random);
  made.line = std::string(name) + ' ' + std::string(scope_name(scope)) + ' ' + std::string(hash_prefix);
  for (const unsigned char each : hash_of(made.secret)) {
    made.line += hex_digits[each >> 4];
    made.line += hex_digits[each & 15];
  }
  return made;
}

bool is_key_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_name && std::ranges::all_of(name, [](char c) {
    return is_alpha(c) || is_digit(c) || c == '.' || c == '_' || c == '-';
  });
}

}  // namespace trawl
