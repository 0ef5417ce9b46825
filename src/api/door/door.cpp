#include "api/door/door.hpp"

#include <algorithm>

#include "base/text.hpp"

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

problem forbidden(permission scope, permission needs) {
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
  if (value.size() <= scheme.size() || !starts_ignoring_case(value, scheme)) return {};
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

std::string client_of(const asio::ip::address& from) {
  if (from.is_v4()) return from.to_string();
  if (from.to_v6().is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, from.to_v6()).to_string();
  auto octets = from.to_v6().to_bytes();
  std::fill(octets.begin() + 8, octets.end(), std::uint8_t{0});
  return asio::ip::address_v6(octets).to_string();
}

door::door(door_options with) : guard_(std::move(with.allowed_hosts)), pages_(std::move(with.cors_origins)) {
  if (with.rate_limit > 0) limiter_.emplace(with.rate_limit);
}

visit door::receive(request& asked, permission needs, const asio::ip::address& from, time_point now) {
  visit made;
  made.refused = identify(asked, needs);
  // A name cannot look like an address: with ' ' it is no key's.
  if (limiter_ && needs != permission::probe)
    limit(made, asked.caller.empty() ? "from " + client_of(from) : asked.caller, now);
  return made;
}

void door::limit(visit& which, const std::string& who, time_point now) {
  which.rate = limiter_->take(who, now);
  if (which.rate->granted) return;
  which.refused = problem(429, "too many requests; --rate-limit is the limit");
  which.refused->retry_after_s = which.rate->retry_s;
}

void door::add_fields(answer& told, const request& asked, const visit& of) const {
  pages_.add_to(told, asked);
  if (!of.rate) return;
  told.fields.emplace_back("RateLimit-Limit", std::to_string(of.rate->limit));
  told.fields.emplace_back("RateLimit-Remaining", std::to_string(of.rate->remaining));
  told.fields.emplace_back("RateLimit-Reset", std::to_string(of.rate->reset_s));
}

std::optional<problem> door::identify(request& asked, permission needs) const {
  if (!keys_) {
    const auto why = guard_.refuse(asked, pages_.allows(asked));
    return why ? std::optional(problem(403, *why)) : std::nullopt;
  }
  asked.sees_all = false;
  if (needs <= permission::open) return std::nullopt;
  if (!asked.has("authorization"))
    return unauthorized("this service wants a key: Authorization: Bearer, made by 'trawl key new'", {});
  const std::string_view token = bearer_token(asked);
  const api_key* const key = token.empty() || token.size() > longest_token ? nullptr : keys_->find(token);
  if (key == nullptr) return unauthorized("this key is not known here", "invalid_token");
  if (key->scope < needs) return forbidden(key->scope, needs);
  asked.caller = key->name;
  asked.sees_all = key->scope == permission::admin;
  return std::nullopt;
}

}  // namespace trawl
