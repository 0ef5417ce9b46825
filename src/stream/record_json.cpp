#include "stream/record_json.hpp"

#include "stream/json.hpp"

namespace trawl {
namespace {

constexpr std::array<std::string_view, timing_count> timing_keys{
    R"("queue":)", R"("dns":)", R"("connect":)", R"("tls":)", R"("ttfb":)", R"("transfer":)", R"("total":)"};

// `key` comes with its comma, quotes and colon: one append.
void append_text(std::string& out, std::string_view key, std::string_view value) {
  if (value.empty()) return;
  out += key;
  append_json_string(out, value);
}

void append_errors(std::string& out, const record& shown) {
  out += R"("errors":{)";
  if (!shown.ok()) {
    out += R"("http":)";
    if (fails_by_status(shown))
      append_number(out, shown.status_code);
    else
      append_json_string(out, http_word(shown.code));
    append_text(out, R"(,"code":)", code_token(shown.code));
    append_text(out, R"(,"phase":)", phase_name(shown.where));
    append_text(out, R"(,"detail":)", shown.detail);
    out += shown.retryable ? R"(,"retryable":true)" : R"(,"retryable":false)";
    if (shown.retry_at != 0) {
      out += R"(,"retry_at":)";
      append_rfc3339(out, shown.retry_at);
    }
  }
  out += '}';
}

void append_redirects(std::string& out, const record& shown) {
  if (shown.redirects.empty()) return;
  out += R"(,"redirects":[)";
  for (const redirect_hop& hop : shown.redirects) {
    if (&hop != &shown.redirects.front()) out += ',';
    out += R"({"status_code":)";
    append_number(out, hop.status_code);
    append_text(out, R"(,"url":)", hop.url);
    out += '}';
  }
  out += ']';
}

void append_tls(std::string& out, const record& shown) {
  if (shown.tls_version.empty()) return;
  out += R"(,"tls":{"version":)";
  append_json_string(out, shown.tls_version);
  append_text(out, R"(,"cipher":)", shown.tls_cipher);
  if (shown.tls_not_after != 0) {
    out += R"(,"not_after":)";
    append_rfc3339(out, shown.tls_not_after);
  }
  if (!shown.tls_verify_note.empty()) append_text(out, R"(,"verify_error":)", shown.tls_verify_note);
  out += '}';
}

void append_timings(std::string& out, const timings& took) {
  bool first = true;
  for (std::size_t i = 0; i < timing_count; ++i) {
    const auto part = static_cast<timing>(i);
    if (!took.has(part)) continue;
    out += first ? std::string_view(R"(,"timings":{)") : std::string_view(",");
    first = false;
    out += timing_keys[i];
    append_ms(out, took.get(part));
  }
  if (!first) out += '}';
}

void append_response(std::string& out, const record& shown) {
  if (shown.status_code != 0) {
    out += R"(,"status_code":)";
    append_number(out, shown.status_code);
  }
  append_text(out, R"(,"final_url":)", shown.final_url);
  append_redirects(out, shown);
  append_text(out, R"(,"content_type":)", shown.content_type);
  if (shown.has_body) {
    out += R"(,"content_length":)";
    append_number(out, shown.content_length);
  }
  append_text(out, R"(,"remote_ip":)", shown.remote_ip);
  if (shown.http_version != 0)
    out += shown.http_version == 10 ? R"(,"http_version":"1.0")" : R"(,"http_version":"1.1")";
}

// All of it but the opening brace.
void append_fields(std::string& out, const record& shown) {
  out += R"("timestamp":)";
  append_number(out, shown.timestamp);
  out += ',';
  append_errors(out, shown);
  append_response(out, shown);
  append_tls(out, shown);
  out += R"(,"attempts":)";
  append_number(out, shown.attempts);
  append_timings(out, shown.took);
  if (!shown.meta.empty()) out.append(R"(,"meta":)").append(shown.meta);
  out += '}';
}

}  // namespace

bool fails_by_status(const record& shown) {
  return shown.status_code >= 400 && (shown.code == errc::http_status || shown.code == errc::rate_limited);
}

void append_record(std::string& out, const record& shown) {
  out += '{';
  append_fields(out, shown);
}

void append_indexed_record(std::string& out, const record& shown) {
  out += R"({"index":)";
  append_number(out, shown.index);
  out += R"(,"url":)";
  append_json_string(out, shown.url);
  out += ',';
  append_fields(out, shown);
}

}  // namespace trawl
