// JSON submissions. Input: variant (how it is cut), body. However it is cut, the same URLs, options and errors come
// out; and another JSON parser must find the same URLs in what we accept.
#include <nlohmann/json.hpp>

#include "api/submit/submit_parser.hpp"
#include "fuzz/submission.hpp"

using namespace trawl;
using namespace trawl::fuzz;

namespace {

std::string text_of(const task_options& options) {
  std::string text = std::to_string(static_cast<int>(options.method)) + ' ' + std::to_string(options.timeout_ms) + ' ' +
                     std::to_string(options.connect_timeout_ms) + ' ' + std::to_string(options.max_redirects) + ' ' +
                     std::to_string(options.retries) + ' ' + std::to_string(options.max_body_bytes) + ' ' +
                     std::to_string(options.verify_tls) + std::to_string(options.keep_alive);
  for (const auto& [name, value] : options.headers) text += '|' + name + ": " + value;
  return text + '|' + options.label.value_or("none");
}

/// Without place and reason of a syntax error: of a broken sequence either depends on how it was cut.
std::string_view without_reason(std::string_view detail) {
  constexpr std::string_view mark = "this is not JSON at byte ";
  const std::size_t at = detail.find(mark);
  return at == detail.npos ? detail : detail.substr(0, at + mark.size());
}

std::string text_of(const problem& wrong) {
  expect(!wrong.errors.empty(), "a refusal says why");
  expect(wrong.errors.size() <= most_input_errors, "errors are bounded");
  std::string text = std::to_string(wrong.status) + ' ';
  text += without_reason(wrong.detail);
  for (const input_error& each : wrong.errors) text.append("|").append(each.place).append(without_reason(each.detail));
  return text;
}

/// As another parser sees it. A number that no double can hold ends its reading, though it is JSON.
void check_against_another(std::string_view body, const outcome& ours) {
  nlohmann::json theirs;
  try {
    theirs = nlohmann::json::parse(body.begin(), body.end());
  } catch (const nlohmann::json::out_of_range&) {
    return;
  } catch (const nlohmann::json::parse_error&) {
    return expect(!ours.accepted, "what is no JSON is refused");
  }
  if (!ours.accepted) return;
  std::vector<std::string> urls;
  for (const auto& each : theirs.at("urls")) urls.push_back(each.is_object() ? each.at("url") : each);
  expect(urls == ours.urls, "another JSON parser sees the same URLs");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const input given = read_input(data, size);
  const auto rest = [](const auto& of) { return text_of(of); };
  check_against_another(given.text, submit_in_every_way<submit_parser>(given, rest));
  return 0;
}
