#include "api/submit/submit_parser.hpp"

#include <doctest/doctest.h>

using namespace trawl;

namespace {

struct outcome {
  bool accepted = false;
  std::shared_ptr<task> built;
  problem wrong;
};

// Feeds `body` in pieces that end at `cuts`.
outcome submit(std::string_view body, std::initializer_list<std::size_t> cuts = {}) {
  task_builder builder(2);
  submit_parser parser(builder);
  std::size_t from = 0;
  bool going = true;
  for (const std::size_t cut : cuts) {
    going = going && parser.put(body.substr(from, cut - from));
    from = cut;
  }
  if (going) parser.put(body.substr(from));
  outcome seen;
  seen.accepted = parser.finish();
  seen.wrong = parser.wrong();
  if (seen.accepted) seen.built = builder.finish();
  return seen;
}

std::vector<std::string> urls(const outcome& seen) {
  std::vector<std::string> all;
  REQUIRE(seen.built);
  for (std::uint32_t i = 0; i < seen.built->total(); ++i) all.emplace_back(seen.built->url(i));
  return all;
}

// "pointer detail" of each error, one a line.
std::string errors(std::string_view body) {
  const outcome seen = submit(body);
  CHECK_FALSE(seen.accepted);
  CHECK(seen.wrong.status == 400);
  std::string lines;
  for (const input_error& each : seen.wrong.errors) lines += each.place + " " + each.detail + "\n";
  return lines;
}

using texts = std::vector<std::string>;

}  // namespace

TEST_CASE("submit_parser: texts and objects under urls become inputs, in order") {
  CHECK(urls(submit(R"({"urls": ["http://a/", {"url": "http://b/"}, "http://a/"]})")) ==
        texts{"http://a/", "http://b/", "http://a/"});
}

TEST_CASE("submit_parser: no urls at all is a submission too") { CHECK(urls(submit(R"({"urls":[]})")).empty()); }

TEST_CASE("submit_parser: options may come before or after the urls") {
  for (const char* body :
       {R"({"options":{"timeout_ms":5,"verify_tls":false,"method":"HEAD","label":"x"},"urls":["a"]})",
        R"({"urls":["a"],"options":{"timeout_ms":5,"verify_tls":false,"method":"HEAD","label":"x"}})"}) {
    const outcome seen = submit(body);
    REQUIRE(seen.built);
    CHECK(seen.built->options().timeout_ms == 5);
    CHECK_FALSE(seen.built->options().verify_tls);
    CHECK(seen.built->options().method == http_method::head);
    CHECK(seen.built->options().label == "x");
  }
}

TEST_CASE("submit_parser: headers are an object of texts") {
  const outcome seen = submit(R"({"urls":[],"options":{"headers":{"Accept":"text/html","X-A":""}}})");
  REQUIRE(seen.built);
  const auto& headers = seen.built->options().headers;
  REQUIRE(headers.size() == 2);
  CHECK(headers[0] == std::pair<std::string, std::string>("Accept", "text/html"));
  CHECK(headers[1] == std::pair<std::string, std::string>("X-A", ""));
}

TEST_CASE("submit_parser: other keys at the top are passed over, whatever they hold") {
  CHECK(
      urls(submit(R"({"callback":null,"urls":["a"],"x":{"urls":["no"],"options":{"y":[1,2.5,{"z":true}]}},"n":-1})")) ==
      texts{"a"});
}

TEST_CASE("submit_parser: escapes and UTF-8 become the text they stand for") {
  CHECK(urls(submit("{\"urls\":[\"http:\\/\\/\\u0061\\u00e9\\ud83d\\ude00\\n\",\"http://\xC3\xA9/\"]}")) ==
        texts{"http://a\xC3\xA9\xF0\x9F\x98\x80\n", "http://\xC3\xA9/"});
}

TEST_CASE("submit_parser: a body may be cut at any two places") {
  const std::string body =
      "\n{\"a\":[{\"b\":1e3}], \"urls\" : [ \"http://x/\xC3\xA9\\u00e9\\\"\", {\"url\":\"http://y/\"} ] , "
      "\"options\":{\"retries\":10,\"headers\":{\"Accept\":\"a\"},\"keep_alive\":false}} \r\n";
  for (std::size_t first = 0; first <= body.size(); ++first) {
    for (std::size_t second = first; second <= body.size(); ++second) {
      const outcome seen = submit(body, {first, second});
      REQUIRE(seen.accepted);
      REQUIRE(urls(seen) == texts{"http://x/\xC3\xA9\xC3\xA9\"", "http://y/"});
      REQUIRE(seen.built->options().retries == 10);
      REQUIRE(seen.built->options().headers.size() == 1);
      REQUIRE_FALSE(seen.built->options().keep_alive);
    }
  }
}

TEST_CASE("submit_parser: a body may come octet by octet") {
  const std::string body =
      "{\"urls\":[\"http://x/\xC3\xA9\\ud83d\\ude00\",{\"url\":\"y\"}],\"options\":{\"retries\":3}}";
  task_builder builder(2);
  submit_parser parser(builder);
  for (const char& octet : body) REQUIRE(parser.put({&octet, 1}));
  REQUIRE(parser.finish());
  outcome seen;
  seen.built = builder.finish();
  CHECK(urls(seen) == texts{"http://x/\xC3\xA9\xF0\x9F\x98\x80", "y"});
  CHECK(seen.built->options().retries == 3);
}

TEST_CASE("submit_parser: an error is the same wherever the body is cut") {
  const std::string body = R"({"urls":["a",{"ur":"b"},3],"options":{"retries":11,"frob":{}}})";
  const std::string whole = errors(body);
  for (std::size_t cut = 0; cut <= body.size(); ++cut) {
    const outcome seen = submit(body, {cut});
    std::string lines;
    for (const input_error& each : seen.wrong.errors) lines += each.place + " " + each.detail + "\n";
    REQUIRE(lines == whole);
  }
}

TEST_CASE("submit_parser: a text of more than 64 KiB is an input like any other") {
  const std::string longest(200000, 'x');
  const std::string body = R"({"urls":[")" + longest + R"("]})";
  CHECK(urls(submit(body, {7, 60000, 150000})) == texts{longest});
}

TEST_CASE("submit_parser: what is wrong is named by its JSON pointer") {
  CHECK(errors("{}") == "/urls is missing\n");
  CHECK(errors(R"({"urls":{}})") == "/urls must be an array\n");
  CHECK(errors(R"({"urls":"a"})") == "/urls must be an array\n");
  CHECK(errors(R"({"urls":null})") == "/urls must be an array\n");
  CHECK(errors(R"(["a"])") == " the body must be an object with \"urls\"\n");
  CHECK(errors("3") == " the body must be an object with \"urls\"\n");
  CHECK(errors(R"({"urls":["a",3,"b",null,["c"],true]})") ==
        "/urls/1 must be a text, or an object with \"url\"\n/urls/3 must be a text, or an object with \"url\"\n"
        "/urls/4 must be a text, or an object with \"url\"\n/urls/5 must be a text, or an object with \"url\"\n");
  CHECK(errors(R"({"urls":["a",{}]})") == "/urls/1 has no \"url\"\n");
  CHECK(errors(R"({"urls":[{"url":7}]})") == "/urls/0/url must be a text\n");
  CHECK(errors(R"({"urls":[{"url":"a","x":1}]})") == "/urls/0/x is not a key of an input\n");
  CHECK(errors(R"({"urls":[],"options":[]})") == "/options must be an object\n");
  CHECK(errors(R"({"urls":[],"options":{"headers":{"A":1}}})") == "/options/headers/A must be a text\n");
  CHECK(errors(R"({"urls":[],"options":{"headers":[]}})") ==
        "/options/headers must be an object of header names and their values\n");
}

TEST_CASE("submit_parser: an option that is unknown, of a wrong type or out of range is refused") {
  CHECK(errors(R"({"urls":[],"options":{"a/b~c":1}})") == "/options/a~1b~0c is not an option\n");
  for (const char* value : {"0", "3600001", "-1", "1.5", "\"5\"", "true", "null", "[]", "{}", "99999999999999999999"}) {
    CAPTURE(value);
    CHECK(errors(std::string(R"({"urls":[],"options":{"timeout_ms":)") + value + "}}") ==
          "/options/timeout_ms must be an integer from 1 to 3600000\n");
  }
  CHECK(errors(R"({"urls":[],"options":{"verify_tls":1}})") == "/options/verify_tls must be true or false\n");
  CHECK(errors(R"({"urls":[],"options":{"method":"POST"}})") == "/options/method must be GET or HEAD\n");
  CHECK(errors(R"({"urls":[],"options":{"label":1}})") == "/options/label must be a text of at most 1024 octets\n");
}

TEST_CASE("submit_parser: a number without a fraction is an integer however it is written") {
  const auto sent = [](const std::string& number) {
    return submit(R"({"urls":[],"options":{"max_body_bytes":)" + number + "}}");
  };
  for (const char* number : {"5000", "5000.0", "5e3", "0.5E+4", "50000e-1", "5000.000"}) {
    CAPTURE(number);
    REQUIRE(sent(number).accepted);
    CHECK(sent(number).built->options().max_body_bytes == 5000);
  }
  CHECK(sent("1099511627776.0").built->options().max_body_bytes == std::uint64_t{1} << 40);
  CHECK(sent("-0.0").built->options().max_body_bytes == 0);
  for (const char* number : {"0.5", "1e-1", "-1.0", "1099511627777.0", "1e300"}) {
    CAPTURE(number);
    CHECK_FALSE(sent(number).accepted);
  }
  CHECK_FALSE(submit(R"({"urls":[],"options":{"verify_tls":1.0}})").accepted);
  CHECK_FALSE(submit(R"({"urls":[1.0]})").accepted);
}

TEST_CASE("submit_parser: nothing that counts is given twice") {
  CHECK(errors(R"({"urls":["a"],"urls":["b"]})") == "/urls is given twice\n");
  CHECK(errors(R"({"urls":[],"options":{},"options":{}})") == "/options is given twice\n");
  CHECK(errors(R"({"urls":[],"options":{"retries":1,"retries":2}})") == "/options/retries is given twice\n");
  CHECK(errors(R"({"urls":[{"url":"a","url":"b"}]})") == "/urls/0/url is given twice\n");
}

TEST_CASE("submit_parser: the first 20 errors are told, and then no more is read") {
  // [api 1.24]
  std::string body = R"({"urls":[)";
  for (int i = 0; i < 30; ++i) body += "1,";
  const outcome seen = submit(body + "2]}");
  CHECK(seen.wrong.errors.size() == 20);
  CHECK(seen.wrong.detail == "/urls/0 must be a text, or an object with \"url\" (the first of 20 errors)");
}

TEST_CASE("submit_parser: what is not JSON is refused with the place") {
  for (const char* body :
       {"", " ", "{", R"({"urls":["a")", R"({"urls":["a"]}})", R"({"urls":["a"]} x)", R"({"urls":["a",]})",
        "{'urls':[]}", R"({"urls":[01]})", "{\"urls\":[\"\xC3\x28\"]}", "{\"urls\":[\"\xED\xA0\x80\"]}",
        "{\"urls\":[\"\xFF\"]}", R"({"urls":["\ud800"]})", "{\"urls\":[\"a\tb\"]}", "{\"urls\":[]}\xEF"}) {
    CAPTURE(body);
    CHECK(errors(body).find("this is not JSON at byte") != std::string::npos);
    const std::string_view text = body;
    for (std::size_t cut = 1; cut < text.size(); ++cut) {
      CAPTURE(cut);
      CHECK_FALSE(submit(text, {cut}).accepted);
    }
  }
  CHECK(errors(R"({"urls":["a",)"
               "\x01"
               "]}") == "/urls/1 this is not JSON at byte 13: syntax error\n");
}

TEST_CASE("submit_parser: more than 32 levels are refused") {
  const auto nested = [](int levels) {
    return R"({"urls":[],"x":)" + std::string(static_cast<std::size_t>(levels), '[') +
           std::string(static_cast<std::size_t>(levels), ']') + "}";
  };
  CHECK(submit(nested(31)).accepted);
  CHECK(errors(nested(32)).find("too deep") != std::string::npos);
}

TEST_CASE("submit_parser: an input may be an object with headers and meta, keys in any order") {
  const outcome seen = submit(
      R"({"urls":["http://a/",{"meta":7,"headers":{"Accept":"text/html","X-A":""},"url":"http://b/"},{"url":"http://c/"}]})");
  CHECK(urls(seen) == texts{"http://a/", "http://b/", "http://c/"});
  CHECK(seen.built->fields(0).empty());
  CHECK(seen.built->fields(1) == "Accept: text/html\r\nX-A: \r\n");
  CHECK(seen.built->extras().meta(1) == "7");
  CHECK(seen.built->extras().meta(2).empty());
}

TEST_CASE("submit_parser: meta is any JSON and comes back compact, numbers and keys as written, wherever it is cut") {
  const std::string body =
      "{\"urls\":[{\"url\":\"u\",\"meta\": { \"a\" : [ 1.50 , -0, 12345678901234567890123, 1E400,\t[] , {} ] , "
      "\"a\":null,\"\":\"\\u00e9\\n\\\"\\/,[{:\", \"t\":[true,false,\"\",[[]],\"x\"] } }]}";
  const std::string expected =
      "{\"a\":[1.50,-0,12345678901234567890123,1E400,[],{}],\"a\":null,\"\":\"\xC3\xA9\\n\\\"/"
      ",[{:\",\"t\":[true,false,\"\",[[]]"
      ",\"x\"]}";
  for (std::size_t first = 0; first <= body.size(); ++first)
    for (std::size_t second = first; second <= body.size(); ++second) {
      const outcome seen = submit(body, {first, second});
      REQUIRE(seen.built);
      REQUIRE(seen.built->extras().meta(0) == expected);
    }
}

TEST_CASE("submit_parser: meta that is no container comes back too") {
  for (const char* each : {"null", "true", "\"\"", "\"x\"", "0", "-1", "1e5", "18446744073709551616"}) {
    const outcome seen = submit(std::string(R"({"urls":[{"meta":)") + each + R"(,"url":"u"}]})");
    REQUIRE(seen.built);
    CHECK(seen.built->extras().meta(0) == each);
  }
}

TEST_CASE("submit_parser: meta of 64 KiB is kept, one octet more is refused") {
  // [api 2.19]
  const auto body = [](std::size_t octets) {
    return R"({"urls":[{"url":"u","meta": [")" + std::string(octets - 4, 'x') + "\" ]}]}";
  };
  const outcome seen = submit(body(65536));
  REQUIRE(seen.built);
  CHECK(seen.built->extras().meta(0).size() == 65536);
  CHECK(errors(body(65537)) == "/urls/0/meta must be at most 65536 octets of compact JSON\n");
  CHECK(errors(body(3000000)) == "/urls/0/meta must be at most 65536 octets of compact JSON\n");
}

TEST_CASE("submit_parser: headers of an input follow the rules of the option") {
  CHECK(errors(R"({"urls":[{"url":"u","headers":{"Host":"x"}}]})") ==
        "/urls/0/headers/Host header \"Host\" may not be given: trawl sends what is needed of it\n");
  CHECK(errors(R"({"urls":["a",{"url":"u","headers":{"A":"b\r\nC: d"}}]})") ==
        "/urls/1/headers/A header \"A\": a value may not hold CR, LF, NUL or other control characters\n");
  CHECK(errors(R"({"urls":[{"url":"u","headers":[]}]})") ==
        "/urls/0/headers must be an object of header names and their values\n");
  CHECK(errors(R"({"urls":[{"url":"u","headers":{"A":1}}]})") == "/urls/0/headers/A must be a text\n");
  CHECK(errors(R"({"urls":[{"url":"u","headers":{},"headers":{}}]})") == "/urls/0/headers is given twice\n");
  CHECK(errors(R"({"urls":[{"url":"u","meta":{"a":1},"meta":2}]})") == "/urls/0/meta is given twice\n");
}

TEST_CASE("submit_parser: dedupe is an option") {
  const outcome seen = submit(R"({"urls":["a","a"],"options":{"dedupe":true}})");
  REQUIRE(seen.built);
  CHECK(seen.built->options().dedupe);
}
