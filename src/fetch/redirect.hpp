// Redirects decided (RFC 9110 15.4): whether a response is one, where it leads, with which method, and when
// to give up. Decides only: the owner asks again at the new URL's own host, under its address policy.
#pragma once

#include <trawl/options.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "frontier/fetch.hpp"
#include "outcome/failure.hpp"
#include "url/url.hpp"

namespace trawl {

struct redirect_request {
  const url* from = nullptr;  ///< What was asked; never null.
  http_method method = http_method::get;
  std::uint16_t status = 0;
  std::string_view location;        ///< As sent; any octets.
  bool location_conflicts = false;  ///< response_head::location_conflicts
  std::span<const hop_taken> hops;  ///< Redirects followed before, in order.
  std::size_t max_redirects = 10;   ///< 0: none is followed.
};

enum class redirect_kind : std::uint8_t {
  answer,  ///< No redirect, none to be followed, or one without a Location: the response stands.
  follow,
  refuse,  ///< too_many_redirects, redirect_loop or invalid_redirect.
};

struct redirect_decision {
  redirect_kind kind = redirect_kind::answer;
  std::string to;                         ///< follow: the next URL, serialized, with the fragment it inherits.
  http_method method = http_method::get;  ///< follow: of the next request.
  failure why;                            ///< refuse
};

/// 301, 302, 303, 307 or 308 with a Location that says something: where redirects are followed, it is not the answer.
[[nodiscard]] bool is_redirect(std::uint16_t status, std::string_view location);

[[nodiscard]] redirect_decision decide_redirect(const redirect_request& request);

}  // namespace trawl
