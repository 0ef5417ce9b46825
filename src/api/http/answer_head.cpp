#include "api/http/answer_head.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <random>

#include "stream/json.hpp"

namespace trawl {
namespace {

constexpr std::size_t longest_request_id = 128;

// RFC 9110 5.6.7, made anew once a second.
std::string_view http_date() {
  thread_local std::time_t made = 0;
  thread_local char text[40];
  thread_local std::size_t size = 0;
  const std::time_t now = std::time(nullptr);
  if (now != made) {
    std::tm parts{};
    gmtime_r(&now, &parts);
    size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    made = now;
  }
  return {text, size};
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

void append_framing(std::string& out, const request& asked, const answer_framing& framing) {
  if (framing.length) {
    out += "Content-Length: ";
    append_number(out, *framing.length);
    out += "\r\n";
  } else if (asked.version == 11) {
    out += "Transfer-Encoding: chunked\r\n";
  }
  if (!framing.keep_alive)
    out += "Connection: close\r\n";
  else if (asked.version == 10)
    out += "Connection: keep-alive\r\n";
}

bool says(const answer& told, std::string_view name) {
  return std::any_of(told.fields.begin(), told.fields.end(), [&](const auto& each) { return each.first == name; });
}

// For browsers, and caches on the way: what is told is what its type says and nobody else's, and it is no page, unless
// the handler says otherwise.
void append_cautions(std::string& out, const answer& told) {
  out += "X-Content-Type-Options: nosniff\r\n";
  if (!says(told, "Cache-Control")) out += "Cache-Control: no-store\r\n";
  if (!says(told, "Content-Security-Policy"))
    out += "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n";
}

bool is_plain(std::string_view id) {
  constexpr std::string_view refused = "\"\\<>,;";
  return !id.empty() && id.size() <= longest_request_id && std::all_of(id.begin(), id.end(), [&](char c) {
    return c > 0x20 && c < 0x7F && refused.find(c) == std::string_view::npos;
  });
}

}  // namespace

void append_head(std::string& out, const request& asked, const answer& told, const answer_framing& framing) {
  out += "HTTP/1.1 ";
  append_number(out, told.status);
  out += ' ';
  out += reason_phrase(told.status);
  out += "\r\nServer: trawl\r\n";
  append_field(out, "Date", http_date());
  append_field(out, "X-Request-Id", asked.id);
  append_cautions(out, told);
  for (const auto& [name, value] : told.fields) append_field(out, name, value);
  if (told.status != 204 && told.status != 304) {  // RFC 9110 6.4.1: these have no content.
    append_field(out, "Content-Type", told.content_type);
    append_framing(out, asked, framing);
  } else if (!framing.keep_alive) {
    out += "Connection: close\r\n";
  }
  out += "\r\n";
}

void append_chunk(std::string& out, std::string_view data) {
  if (data.empty()) return;
  char digits[16];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, data.size(), 16).ptr);
  out += "\r\n";
  out += data;
  out += "\r\n";
}

request_ids::request_ids() {
  std::random_device random;
  char digits[8];
  prefix_.assign(digits, std::to_chars(digits, digits + sizeof digits, random(), 16).ptr);
  prefix_ += '-';
}

std::string request_ids::choose(std::string_view given) {
  if (is_plain(given)) return std::string(given);
  std::string id = prefix_;
  append_number(id, ++next_);
  return id;
}

}  // namespace trawl
