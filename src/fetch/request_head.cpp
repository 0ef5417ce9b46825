#include "fetch/request_head.hpp"

#include <algorithm>

#include "base/base64.hpp"
#include "base/text.hpp"
#include "url/percent.hpp"

namespace trawl {
namespace {

bool goes_anywhere(std::string_view name) {
  return equals_ignoring_case(name, "accept") || starts_ignoring_case(name, "accept-") ||
         equals_ignoring_case(name, "user-agent");
}

// Takes the next "Name: value" with its CR LF off `fields`.
std::string_view next_line(std::string_view& fields) {
  const std::string_view line = fields.substr(0, fields.find('\n') + 1);
  fields.remove_prefix(line.size());
  return line;
}

std::string_view name_of(std::string_view line) { return line.substr(0, line.find(':')); }

bool has_field(std::string_view fields, std::string_view name) {
  while (!fields.empty())
    if (equals_ignoring_case(name_of(next_line(fields)), name)) return true;
  return false;
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
    const auto name = name_of(next_line(fields));
    found.accept |= equals_ignoring_case(name, "accept");
    found.accept_encoding |= equals_ignoring_case(name, "accept-encoding");
    found.authorization |= equals_ignoring_case(name, "authorization");
    found.range |= equals_ignoring_case(name, "range");
    found.user_agent |= equals_ignoring_case(name, "user-agent");
  }
  return found;
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

std::string_view method_token(http_method method) {
  switch (method) {
    case http_method::head:
      return "HEAD";
    case http_method::post:
      return "POST";
    case http_method::get:
      break;
  }
  return "GET";
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

std::string merged_fields(std::string_view of_task, std::string_view of_input, field_scope scope) {
  std::string merged;
  while (!of_task.empty()) {
    const std::string_view line = next_line(of_task);
    if (!has_field(of_input, name_of(line))) merged += line;
  }
  while (!of_input.empty()) {
    const std::string_view line = next_line(of_input);
    if (scope == field_scope::own_origin || goes_anywhere(name_of(line))) merged += line;
  }
  return merged;
}

void append_request_head(std::string& out, const url& to, const request_options& options) {
  const std::string_view fields = options.fields ? std::string_view(*options.fields) : std::string_view{};
  const given by_caller = given_in(fields);
  constexpr std::size_t of_our_own = 256;  // About what the fields take that trawl sends by itself.
  out.reserve(out.size() + to.target().size() + 2 * to.authority().size() + fields.size() + of_our_own);
  out += method_token(options.method);
  out += ' ';
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
  if (options.method == http_method::post) append_field(out, "Content-Length", std::to_string(options.body.size()));
  out.append(fields).append("\r\n").append(options.body);
}

}  // namespace trawl
