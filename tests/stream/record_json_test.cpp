#include "stream/record_json.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "stream/csv.hpp"

using namespace trawl;
using nlohmann::json;

namespace {

json shown(const record& one) {
  std::string out;
  append_record(out, one);
  return json::parse(out);
}

record success() {
  record one;
  one.index = 7;
  one.url = "https://example.com/";
  one.timestamp = 1795309013;
  one.status_code = 200;
  one.http_version = 11;
  one.attempts = 1;
  one.has_body = true;
  one.content_length = 1256;
  one.content_type = "text/html; charset=utf-8";
  one.remote_ip = "192.0.2.1";
  one.took.set(timing::queue, 12);
  one.took.set(timing::total, 34567);
  return one;
}

record failure_of(errc code, phase where) {
  record one;
  one.timestamp = 1;
  one.code = code;
  one.where = where;
  one.detail = "why";
  one.attempts = 1;
  return one;
}

}  // namespace

TEST_CASE("record: a success has an empty errors object and only what applies") {
  CHECK(shown(success()) == json::parse(R"({"timestamp":1795309013,"errors":{},"status_code":200,
    "content_type":"text/html; charset=utf-8","content_length":1256,"remote_ip":"192.0.2.1","http_version":"1.1",
    "attempts":1,"timings":{"queue":0.012,"total":34.567}})"));
}

TEST_CASE("record: the keys stand in the order of the contract") {
  std::string out;
  append_indexed_record(out, success());
  CHECK(out.starts_with(
      R"({"index":7,"url":"https://example.com/","timestamp":1795309013,"errors":{},"status_code":200)"));
}

TEST_CASE("record: a failure without a response has the word of the original service") {
  record one = failure_of(errc::dns_error, phase::dns);
  one.detail = "nope.example: no such name";
  CHECK(shown(one) == json::parse(R"({"timestamp":1,"attempts":1,"errors":{"http":"DNS_ERROR","code":"dns_error",
    "phase":"dns","detail":"nope.example: no such name","retryable":false}})"));
}

TEST_CASE("record: a failing status stands as its number") {
  record one = failure_of(errc::http_status, phase::transfer);
  one.status_code = 503;
  one.retryable = true;
  CHECK(shown(one)["errors"]["http"] == 503);
  CHECK(shown(one)["errors"]["code"] == "http_status");
  CHECK(shown(one)["errors"]["retryable"] == true);
}

TEST_CASE("record: rate_limited is a number after an answer and a word without one") {
  // [api 4.14, 4.28]
  record one = failure_of(errc::rate_limited, phase::queue);
  CHECK(shown(one)["errors"]["http"] == "RATE_LIMITED");
  one.status_code = 429;
  one.retry_at = 1795309013;
  CHECK(shown(one)["errors"]["http"] == 429);
  CHECK(shown(one)["errors"]["retry_at"] == "2026-11-22T00:56:53Z");
}

TEST_CASE("record: redirects and TLS are told when there were some") {
  record one = success();
  one.final_url = "https://b/";
  one.redirects = {{301, "http://a/"}, {302, "http://b/"}};
  one.http_version = 10;
  one.tls_version = "TLSv1.3";
  one.tls_cipher = "TLS_AES_128_GCM_SHA256";
  one.tls_not_after = 1795309013;
  const json told = shown(one);
  CHECK(told["final_url"] == "https://b/");
  CHECK(told["redirects"] ==
        json::parse(R"([{"status_code":301,"url":"http://a/"},{"status_code":302,"url":"http://b/"}])"));
  CHECK(told["http_version"] == "1.0");
  CHECK(told["tls"] == json::parse(R"({"version":"TLSv1.3","cipher":"TLS_AES_128_GCM_SHA256",
    "not_after":"2026-11-22T00:56:53Z"})"));
  one.tls_verify_note = "certificate has expired: DNS:\"a\"";
  CHECK(shown(one)["tls"]["verify_error"] == "certificate has expired: DNS:\"a\"");
}

TEST_CASE("csv: one line has every column of the header, empty where nothing applies") {
  std::string line;
  append_csv_record(line, success());
  CHECK(line == "7,https://example.com/,200,,,,,,1,34.567,text/html; charset=utf-8,1256,192.0.2.1\r\n");
  line.clear();
  append_csv_record(line, failure_of(errc::dns_error, phase::dns));
  CHECK(line == "0,,,DNS_ERROR,dns_error,dns,why,,1,,,,\r\n");
  CHECK(std::count(csv_header.begin(), csv_header.end(), ',') == std::count(line.begin(), line.end(), ','));
}

TEST_CASE("csv: commas, quotes and line ends are quoted, formulas are disarmed") {
  const auto cell = [](std::string_view text) {
    std::string out;
    append_csv_cell(out, text);
    return out;
  };
  CHECK(cell("plain") == "plain");
  CHECK(cell("a,b") == "\"a,b\"");
  CHECK(cell("say \"hi\"") == "\"say \"\"hi\"\"\"");
  CHECK(cell("a\nb") == "\"a\nb\"");
  for (const char* formula : {"=1+1", "+1", "-1", "@x", "\tx", "\rx"})
    CHECK(cell(formula) == "\"'" + std::string(formula) + "\"");
}
