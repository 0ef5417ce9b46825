#include "api/http/problem.hpp"

#include "stream/json.hpp"

namespace trawl {
namespace {

std::string sentence(const std::vector<input_error>& errors) {
  const input_error& first = errors.front();
  std::string told = first.place;
  if (first.kind == "parameter") told = "query key '" + first.place + "'";
  if (!told.empty()) told += ' ';
  told += first.detail;
  if (errors.size() > 1) told += " (the first of " + std::to_string(errors.size()) + " errors)";
  return told;
}

}  // namespace

problem bad_input(std::vector<input_error> errors) {
  problem told(400, sentence(errors));
  told.errors = std::move(errors);
  return told;
}

problem bad_parameter(std::string_view key, std::string detail) {
  return bad_input({{std::string(key), std::move(detail), "parameter"}});
}

problem bad_header(std::string_view name, std::string detail) {
  return bad_input({{std::string(name), std::move(detail), "header"}});
}

std::string_view reason_phrase(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

std::string to_json(const problem& told) {
  std::string out = R"({"type":"about:blank","title":)";
  append_json_string(out, reason_phrase(told.status));
  out += R"(,"status":)";
  append_number(out, told.status);
  out += R"(,"detail":)";
  append_json_string(out, told.detail);
  if (!told.errors.empty()) out += R"(,"errors":[)";
  for (const input_error& each : told.errors) {
    if (&each != &told.errors.front()) out += ',';
    out += "{\"";
    out += each.kind;
    out += "\":";
    append_json_string(out, each.place);
    out += R"(,"detail":)";
    append_json_string(out, each.detail);
    out += '}';
  }
  out += told.errors.empty() ? "}" : "]}";
  return out;
}

}  // namespace trawl
