// The description of the API says what the source says: the routes, the options of a task, the words of records.
#include <doctest/doctest.h>

#include <trawl/error.hpp>
#include <trawl/record.hpp>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "api/http/server_counts.hpp"
#include "api/routes/docs_files.hpp"
#include "api/routes/page_files.hpp"
#include "api/routes/routes.hpp"
#include "api/service/service.hpp"
#include "task/fetch_option_table.hpp"

using namespace trawl;
using nlohmann::json;

namespace {

using words = std::vector<std::string>;

const json& document() {
  static const json whole = json::parse(openapi_document());
  return whole;
}

const json& schema(const std::string& name) { return document().at("components").at("schemas").at(name); }

words options_named() {
  words names;
  for (const fetch_option& each : fetch_options()) names.emplace_back(each.name);
  return names;
}

// "read GET /tasks?limit&view", its keys sorted; a key that may be repeated with an asterisk.
std::string line(std::string_view scope, std::string_view method, std::string_view path, words keys) {
  std::ranges::sort(keys);
  std::string text = std::string(scope) + " " + std::string(method) + " " + std::string(path);
  for (std::size_t n = 0; n < keys.size(); ++n) text += (n == 0 ? "?" : "&") + keys[n];
  return text;
}

std::string_view scope_of(permission needs) {
  if (needs <= permission::open) return "anybody";
  return needs == permission::write ? "write" : needs == permission::read ? "read" : "unexpected";
}

// What browsers fetch for a page is no part of the API.
bool belongs_to_page(std::string_view path) { return path.starts_with("/page/") || path.starts_with("/docs/"); }

std::set<std::string> served() {
  asio::io_context loop(1);
  crawler engine({}, loop.get_executor());
  timekeeper times(loop.get_executor());
  server_counts counts;
  service at(engine, times, counts, {}, {});
  std::set<std::string> lines;
  for (const route& each : make_routes(at)) {
    words keys(each.query_keys.begin(), each.query_keys.end());
    if (std::holds_alternative<intake_handler>(each.handler)) keys = options_named();
    for (std::string& key : keys)
      if (key == each.repeatable_key || (key == "headers" && each.method == "POST")) key += '*';
    if (!belongs_to_page(each.path)) lines.insert(line(scope_of(each.needs), each.method, each.path, keys));
  }
  return lines;
}

const json& resolved(const json& part) {
  if (!part.contains("$ref")) return part;
  return document().at(json::json_pointer(part.at("$ref").get<std::string>().substr(1)));
}

words query_keys(const json& of) {
  words keys;
  for (const json& each : of.value("parameters", json::array())) {
    const json& parameter = resolved(each);
    if (parameter.at("in") != "query") continue;
    const bool repeatable = resolved(parameter.at("schema")).value("type", json()) == "array";
    keys.push_back(parameter.at("name").get<std::string>() + (repeatable ? "*" : ""));
  }
  return keys;
}

// A service without keys asks nobody, so {} is the other way in.
std::string scope_in(const json& operation) {
  const json& ways = operation.at("security");
  if (ways.empty()) return "anybody";
  CHECK(ways.at(0) == json::object());
  return ways.at(1).at("key").at(0);
}

std::string upper_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) { return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c; });
  return text;
}

std::set<std::string> documented() {
  std::set<std::string> lines;
  for (const auto& [path, item] : document().at("paths").items())
    for (const auto& [method, operation] : item.items())
      if (method != "parameters" && (path != "/docs" || has_swagger_ui()))
        lines.insert(line(scope_in(operation), upper_case(method), path, query_keys(operation)));
  return lines;
}

// "[20000]" at the end of its help.
std::string default_told(const fetch_option& of) {
  const std::size_t begin = of.help.rfind('[');
  return begin == std::string_view::npos ? "" : std::string(of.help.substr(begin + 1, of.help.size() - begin - 2));
}

std::string default_in(const json& property) {
  if (!property.contains("default")) return "";
  const json& value = property.at("default");
  return value.is_string() ? value.get<std::string>() : value.dump();
}

void check_range(const fetch_option& option, const json& property) {
  switch (option.kind) {
    case option_kind::integer:
      CHECK(property.at("type") == "integer");
      CHECK(property.at("minimum") == option.least);
      CHECK(property.at("maximum") == option.most);
      break;
    case option_kind::boolean:
      CHECK(property.at("type") == "boolean");
      break;
    case option_kind::text:
      CHECK(property.at("type") == "string");
      CHECK(property.value("minLength", std::uint64_t{0}) == option.least);
      CHECK(property.at("maxLength") == option.most);
      break;
    case option_kind::method:
      CHECK(property.at("enum") == json({"GET", "HEAD"}));
      break;
    case option_kind::headers:
      CHECK(property.at("additionalProperties").at("type") == "string");
      break;
  }
}

}  // namespace

TEST_CASE("openapi: its paths, methods, scopes and query keys are those of the routes") {
  // [api 1.15]
  CHECK(documented() == served());
  CHECK(served().contains("read GET /tasks/{id}/events?cursor&records"));
}

TEST_CASE("openapi: the options of a task have the names, kinds, ranges and defaults of the option table") {
  // [api 2.40]
  const json& properties = schema("options").at("properties");
  CHECK(properties.size() == fetch_options().size());
  for (const fetch_option& option : fetch_options()) {
    CAPTURE(option.name);
    const json& property = properties.at(std::string(option.name));
    check_range(option, property);
    const std::string said = default_told(option);
    CHECK(default_in(property) == (said == "none" ? "" : said));
  }
}

TEST_CASE("openapi: an option in the query is the option in a body") {
  for (const std::string& name : options_named()) {
    CAPTURE(name);
    const json& parameter = document().at("components").at("parameters").at(name);
    CHECK(parameter.at("name") == name);
    if (name != "headers")
      CHECK(parameter.at("schema").at("$ref") == "#/components/schemas/options/properties/" + name);
  }
}

TEST_CASE("openapi: error codes, error words, phases and timings are the source's own") {
  // [api 4.16, 4.17]
  json codes, phases, timings_told;
  std::set<std::string> http_words;
  for (std::size_t n = 1; n < errc_count; ++n) {
    codes.push_back(code_token(static_cast<errc>(n)));
    if (const auto word = http_word(static_cast<errc>(n)); !word.empty()) http_words.emplace(word);
  }
  for (auto n = static_cast<int>(phase::input); n <= static_cast<int>(phase::transfer); ++n)
    phases.push_back(phase_name(static_cast<phase>(n)));
  for (std::size_t n = 0; n < timing_count; ++n) {
    const std::string name(timing_name(static_cast<timing>(n)));
    timings_told.push_back(name);
    CHECK(schema("timings").at("properties").contains(name));
  }
  CHECK(schema("error_code").at("enum") == codes);
  CHECK(schema("error_word").at("enum").get<std::set<std::string>>() == http_words);
  CHECK(schema("phase").at("enum") == phases);
  CHECK(schema("timings").at("properties").size() == timing_count);
  CHECK(schema("stats").at("properties").at("timings").at("properties").at("phases").at("propertyNames").at("enum") ==
        timings_told);
}

TEST_CASE("openapi: it is of this version, and every reference leads somewhere") {
  CHECK(document().at("info").at("version") == TRAWL_VERSION);
  const json places = document().flatten();
  for (const auto& [place, value] : places.items()) {
    CAPTURE(place);
    if (place.ends_with("/$ref")) CHECK(document().contains(json::json_pointer(value.get<std::string>().substr(1))));
  }
}
