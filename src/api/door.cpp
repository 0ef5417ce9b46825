#include "api/door.hpp"

#include <algorithm>

namespace trawl {
namespace {

constexpr std::size_t longest_token = 256;

// RFC 6750 3: without a key the challenge alone, with one what is wrong with it.
problem unauthorized(std::string why, std::string_view error) {
  problem told(401, std::move(why));
  told.challenge = R"(Bearer realm="trawl")";
  if (!error.empty()) told.challenge += ", error=\"" + std::string(error) + '"';
  return told;
}

problem forbidden(access scope, access needs) {
  problem told(403, "the scope of this key is " + std::string(scope_name(scope)) + "; this needs " +
                        std::string(scope_name(needs)));
  told.challenge =
      R"(Bearer realm="trawl", error="insufficient_scope", scope=")" + std::string(scope_name(needs)) + '"';
  return told;
}

}  // namespace

std::string_view bearer_token(const request& asked) {
  const auto is_ours = [](const auto& field) { return field.first == "authorization"; };
  if (std::ranges::count_if(asked.fields, is_ours) != 1) return {};
  std::string_view value = asked.field("authorization");
  constexpr std::string_view scheme = "bearer ";
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  if (value.size() <= scheme.size() || !std::ranges::equal(value.substr(0, scheme.size()), scheme, {}, lower))
    return {};
  value.remove_prefix(scheme.size());
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  return value;
}

std::vector<std::string> door::read_keys(std::string_view text) {
  api_keys fresh;
  std::vector<std::string> problems = fresh.read(text);
  if (problems.empty()) keys_ = std::move(fresh);
  return problems;
}

std::optional<problem> door::refuse(request& asked, access needs) const {
  if (keys_) return identify(asked, needs);
  if (const auto why = guard_.refuse(asked)) return problem(403, *why);
  return std::nullopt;
}

std::optional<problem> door::identify(request& asked, access needs) const {
  asked.sees_all = false;
  if (needs <= access::open) return std::nullopt;
  if (!asked.has("authorization"))
    return unauthorized("this service wants a key: Authorization: Bearer, made by 'trawl key new'", {});
  const std::string_view token = bearer_token(asked);
  const api_key* const key = token.empty() || token.size() > longest_token ? nullptr : keys_->find(token);
  if (key == nullptr) return unauthorized("this key is not known here", "invalid_token");
  if (key->scope < needs) return forbidden(key->scope, needs);
  asked.caller = key->name;
  asked.sees_all = key->scope == access::admin;
  return std::nullopt;
}

}  // namespace trawl
