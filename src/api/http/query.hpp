// The query of a request target: `name=value` pairs, percent-decoded.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trawl {

class query {
 public:
  using pair = std::pair<std::string, std::string>;

  query() = default;
  /// `text` without its '?'. '+' is a space; a broken escape stays as it is.
  explicit query(std::string_view text);

  [[nodiscard]] std::span<const pair> pairs() const { return pairs_; }
  [[nodiscard]] bool empty() const { return pairs_.empty(); }
  /// The first value under that name.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  /// The first name that is not one of `known`.
  [[nodiscard]] std::optional<std::string_view> unknown(std::span<const std::string_view> known) const;
  /// The first name that is there more than once, `repeatable` apart.
  [[nodiscard]] std::optional<std::string_view> repeated(std::string_view repeatable) const;

 private:
  std::vector<pair> pairs_;
};

/// %XX replaced by the octet it stands for.
[[nodiscard]] std::string percent_decode(std::string_view text, bool plus_is_space);
/// Everything but unreserved characters (RFC 3986 2.3) as %XX.
[[nodiscard]] std::string percent_encode(std::string_view text);

}  // namespace trawl
