#include "fetch/redirect.hpp"

#include <algorithm>
#include <utility>

#include "fetch/field_text.hpp"

namespace trawl {
namespace {

constexpr std::size_t shown_octets = 120;

bool is_blank(std::string_view location) {
  return std::ranges::all_of(location, [](char c) { return static_cast<unsigned char>(c) <= ' '; });
}

/// RFC 9110 15.4.4: 303 says "look there", so GET; HEAD stays HEAD. The others never change GET or HEAD.
http_method next_method(std::uint16_t status, http_method method) {
  return status == 303 && method != http_method::head ? http_method::get : method;
}

std::string_view without_fragment(std::string_view href) { return href.substr(0, href.find('#')); }

bool asked_before(const redirect_request& request, http_method method, std::string_view target) {
  const auto same = [&](http_method asked_with, std::string_view asked) {
    return asked_with == method && without_fragment(asked) == target;
  };
  return same(request.method, request.from->href()) ||
         std::ranges::any_of(request.hops, [&](const hop_taken& hop) { return same(hop.method, hop.url); });
}

redirect_decision refuse(errc code, std::string_view words, std::string_view location, std::string_view reason = {}) {
  redirect_decision decision;
  decision.kind = redirect_kind::refuse;
  decision.why.code = code;
  decision.why.where = phase::transfer;
  decision.why.detail = words;
  decision.why.detail += ' ';
  append_quoted(decision.why.detail, location, shown_octets);
  if (!reason.empty()) decision.why.detail.append(": ").append(reason);
  return decision;
}

redirect_decision follow(const redirect_request& request, const url& target) {
  redirect_decision decision;
  decision.kind = redirect_kind::follow;
  decision.method = next_method(request.status, request.method);
  decision.to = target.href();
  // RFC 9110 10.2.2: a target without a fragment inherits that of the URL it came from.
  if (target.fragment().empty()) decision.to += request.from->fragment();
  return decision;
}

}  // namespace

bool is_redirect(std::uint16_t status, std::string_view location) {
  return (status == 301 || status == 302 || status == 303 || status == 307 || status == 308) && !is_blank(location);
}

redirect_decision decide_redirect(const redirect_request& request) {
  if (request.max_redirects == 0 || !is_redirect(request.status, request.location)) return {};
  if (request.location_conflicts)
    return refuse(errc::invalid_redirect, "two different Location fields; the first is", request.location);
  if (request.hops.size() >= request.max_redirects)
    return refuse(errc::too_many_redirects,
                  "more than " + std::to_string(request.max_redirects) + " redirects; the next is to",
                  request.location);
  url target;
  if (const url_errc problem = target.parse(request.location, request.from); problem != url_errc::ok)
    return refuse(errc::invalid_redirect, "Location", request.location, url_errc_text(problem));
  const auto next = without_fragment(target.href());
  if (asked_before(request, next_method(request.status, request.method), next))
    return refuse(errc::redirect_loop, "redirect back to", next);
  return follow(request, target);
}

}  // namespace trawl
