#include "fetch/request_head.hpp"

#include "base/base64.hpp"
#include "url/ascii.hpp"
#include "url/percent.hpp"

namespace trawl {
namespace {

bool goes_anywhere(std::string_view name) {
  return equals_ignoring_case(name, "accept") || starts_ignoring_case(name, "accept-") ||
         equals_ignoring_case(name, "user-agent");
}

/// Which of the fields trawl sends by itself the caller has given.
struct given {
  bool accept = false;
  bool accept_encoding = false;
  bool authorization = false;
  bool range = false;
  bool user_agent = false;
};

given given_in(std::string_view fields) {
  given found;
  while (!fields.empty()) {
    const auto name = fields.substr(0, fields.find(':'));
    found.accept |= equals_ignoring_case(name, "accept");
    found.accept_encoding |= equals_ignoring_case(name, "accept-encoding");
    found.authorization |= equals_ignoring_case(name, "authorization");
    found.range |= equals_ignoring_case(name, "range");
    found.user_agent |= equals_ignoring_case(name, "user-agent");
    fields.remove_prefix(fields.find('\n') + 1);
  }
  return found;
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

bool has_credentials(const url& of) { return !of.username().empty() || !of.password().empty(); }

void append_basic(std::string& out, const url& to) {
  std::string pair;
  percent_decode(to.username(), pair);
  pair += ':';
  percent_decode(to.password(), pair);
  out += "Authorization: Basic ";
  append_base64(out, pair);
  out += "\r\n";
}

}  // namespace

std::string request_fields(std::span<const std::pair<std::string, std::string>> headers, field_scope scope) {
  std::string fields;
  for (const auto& [name, value] : headers)
    if (scope == field_scope::own_origin || goes_anywhere(name)) append_field(fields, name, value);
  return fields;
}

void append_request_head(std::string& out, const url& to, const request_options& options) {
  const std::string_view fields = options.fields ? std::string_view(*options.fields) : std::string_view{};
  const given by_caller = given_in(fields);
  out += options.method == http_method::head ? "HEAD " : "GET ";
  if (options.via) out.append("http://").append(to.authority());
  out.append(to.target()).append(" HTTP/1.1\r\n");
  append_field(out, "Host", to.authority());
  if (options.via && !options.via->authorization.empty())
    append_field(out, "Proxy-Authorization", options.via->authorization);
  if (!options.keep_alive) append_field(out, "Connection", "close");
  if (!by_caller.user_agent && !options.user_agent.empty()) append_field(out, "User-Agent", options.user_agent);
  if (!by_caller.accept) append_field(out, "Accept", "*/*");
  if (!by_caller.accept_encoding && !options.accept_encoding.empty())
    append_field(out, "Accept-Encoding", by_caller.range ? "identity" : options.accept_encoding);
  const url& known = options.submitted && !has_credentials(to) ? *options.submitted : to;
  if (has_credentials(known) && !by_caller.authorization) append_basic(out, known);
  out.append(fields).append("\r\n");
}

}  // namespace trawl
