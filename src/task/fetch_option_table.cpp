#include "task/fetch_option_table.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/header_rules.hpp"
#include "base/text.hpp"
#include "url/url.hpp"

namespace trawl {
namespace {

constexpr std::uint64_t longest_span_ms = 3600000;

using enum option_kind;
constexpr std::array table{
    fetch_option{"method", method, 0, 0, "GET, or HEAD, which falls back to GET on 405 and 501 [GET]"},
    fetch_option{"headers", headers, 0, 0, "'Name: value', sent to the origin that was submitted"},
    fetch_option{"timeout_ms", integer, 1, longest_span_ms, "Wall clock of one attempt [20000]"},
    fetch_option{"connect_timeout_ms", integer, 1, longest_span_ms, "DNS, TCP and TLS of one dial [5000]"},
    fetch_option{"max_redirects", integer, 0, 50, "0: do not follow, a 3xx is the answer [10]"},
    fetch_option{"retries", integer, 0, 10, "Further attempts after a failure that may pass [2]"},
    fetch_option{"max_body_bytes", integer, 0, std::uint64_t{1} << 40, "Largest body, decoded [10485760]"},
    fetch_option{"verify_tls", boolean, 0, 0, "false: take any certificate [true]"},
    fetch_option{"keep_alive", boolean, 0, 0, "false: a new connection for every fetch [true]"},
    fetch_option{"dedupe", boolean, 0, 0, "true: equal URLs are fetched once and share the record [false]"},
    fetch_option{"host_concurrency", integer, 1, 1000000, "Fetches in flight to one host; may only be stricter"},
    fetch_option{"host_delay_ms", integer, 0, longest_span_ms,
                 "Gap between two starts at one host; may only be stricter"},
    fetch_option{"deadline_s", integer, 1, 31536000, "Of the whole task; what is left then fails [none]"},
    fetch_option{"callback_url", text, 1, 8192, "Where the summary is POSTed when the task has ended"},
    fetch_option{"label", text, 0, 1024, "Free text to find the task by"},
};

template <class Integer>
void assign(Integer& field, std::uint64_t value) {
  field = static_cast<Integer>(value);
}
void assign(std::optional<std::uint32_t>& field, std::uint64_t value) { field = static_cast<std::uint32_t>(value); }

// One line an integer option: the only place that maps these names to fields. `with` takes the field.
template <class Options, class With>
void with_integer(Options& options, std::string_view name, With with) {
  if (name == "timeout_ms") return with(options.timeout_ms);
  if (name == "connect_timeout_ms") return with(options.connect_timeout_ms);
  if (name == "max_redirects") return with(options.max_redirects);
  if (name == "retries") return with(options.retries);
  if (name == "max_body_bytes") return with(options.max_body_bytes);
  if (name == "host_concurrency") return with(options.host_concurrency);
  if (name == "host_delay_ms") return with(options.host_delay_ms);
  if (name == "deadline_s") return with(options.deadline_s);
}

void store(task_options& options, std::string_view name, std::uint64_t value) {
  with_integer(options, name, [value](auto& field) { assign(field, value); });
}

// nullopt: an option that may be left unset is.
std::optional<std::uint64_t> load(const task_options& options, std::string_view name) {
  std::optional<std::uint64_t> value;
  with_integer(options, name, [&value](const auto& field) { value = field; });
  return value;
}

option_problem set_integer(task_options& options, const fetch_option& which, std::string_view value) {
  std::uint64_t number = 0;
  const auto [end, wrong] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (wrong != std::errc{} || end != value.data() + value.size()) return expected(which);
  return set_option(options, which, number);
}

option_problem set_boolean(task_options& options, const fetch_option& which, std::string_view value) {
  if (value == "true" || value == "1") return set_option(options, which, true);
  if (value == "false" || value == "0") return set_option(options, which, false);
  return expected(which);
}

option_problem set_method(task_options& options, const fetch_option& which, std::string_view value) {
  if (value != "GET" && value != "HEAD") return expected(which);
  options.method = value == "GET" ? http_method::get : http_method::head;
  return std::nullopt;
}

option_problem set_callback(task_options& options, std::string_view value) {
  url parsed;
  if (parsed.parse(value) != url_errc::ok) return "must be an http or https URL";
  options.callback_url = std::string(value);
  return std::nullopt;
}

option_problem set_text(task_options& options, const fetch_option& which, std::string_view value) {
  if (value.size() < which.least || value.size() > which.most) return expected(which);
  if (which.name == "label") options.label = std::string(value);
  if (which.name == "callback_url") return set_callback(options, value);
  return std::nullopt;
}

option_problem add_header_line(task_options& options, std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return "must be 'Name: value'";
  return add_header(options, line.substr(0, colon), trim_ows(line.substr(colon + 1)));
}

}  // namespace

std::span<const fetch_option> fetch_options() { return table; }

const fetch_option* find_fetch_option(std::string_view name) {
  const auto found = std::ranges::find(table, name, &fetch_option::name);
  return found == table.end() ? nullptr : &*found;
}

option_problem set_option(task_options& options, const fetch_option& which, std::uint64_t value) {
  if (which.kind != integer || value < which.least || value > which.most) return expected(which);
  store(options, which.name, value);
  return std::nullopt;
}

option_problem set_option(task_options& options, const fetch_option& which, bool value) {
  if (which.kind != boolean) return expected(which);
  if (which.name == "verify_tls") options.verify_tls = value;
  if (which.name == "keep_alive") options.keep_alive = value;
  if (which.name == "dedupe") options.dedupe = value;
  return std::nullopt;
}

option_problem set_option_from_text(task_options& options, const fetch_option& which, std::string_view value) {
  switch (which.kind) {
    case integer:
      return set_integer(options, which, value);
    case boolean:
      return set_boolean(options, which, value);
    case method:
      return set_method(options, which, value);
    case headers:
      return add_header_line(options, value);
    case text:
      break;
  }
  return set_text(options, which, value);
}

option_problem add_header(task_options& options, std::string_view name, std::string_view value) {
  if (option_problem wrong = header_problem(options.headers, name, value)) return wrong;
  options.headers.emplace_back(name, value);
  return std::nullopt;
}

std::vector<std::string> option_problems(const task_options& options) {
  std::vector<std::string> wrong;
  for (const fetch_option& each : table) {
    if (each.kind != integer) continue;
    const auto value = load(options, each.name);
    if (value && (*value < each.least || *value > each.most))
      wrong.push_back(std::string(each.name) + " " + expected(each));
  }
  task_options taken;
  for (const auto& [name, value] : options.headers) {
    if (const option_problem problem = add_header(taken, name, value)) wrong.push_back("headers: " + *problem);
  }
  const fetch_option& label = *find_fetch_option("label");
  if (options.label && options.label->size() > label.most) wrong.push_back("label " + expected(label));
  return wrong;
}

std::string expected(const fetch_option& which) {
  switch (which.kind) {
    case integer:
      return "must be an integer from " + std::to_string(which.least) + " to " + std::to_string(which.most);
    case boolean:
      return "must be true or false";
    case method:
      return "must be GET or HEAD";
    case headers:
      return "must be an object of header names and their values";
    case text:
      break;
  }
  return "must be a text of at most " + std::to_string(which.most) + " octets";
}

}  // namespace trawl
