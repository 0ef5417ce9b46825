#include "cli/option_table.hpp"

#include <algorithm>
#include <cctype>
#include <type_traits>

#include "cli/option_values.hpp"
#include "cli/options.hpp"
#include "task/fetch_option_table.hpp"

namespace trawl {
namespace {

using setter = std::function<value_problem(settings&, const std::string&)>;
using enum option_form;
using enum option_scope;

constexpr std::uint64_t most_urls = 4294967294;  // Inputs are numbered in 32 bits, and one number means none.
constexpr std::uint64_t most_bytes = std::uint64_t{1} << 50;
constexpr std::uint64_t longest_ms = 3600000;
constexpr std::uint64_t longest_ttl_s = 315360000;
constexpr const char* log_levels = "debug|info|warning|error|off";  // As in log_level.
constexpr const char* log_formats = "text|json";                    // As in log_format.
constexpr const char* record_formats = "table|ndjson|csv|json";     // As in record_format.

template <class Field>
void assign(Field& field, std::uint64_t value) {
  field = static_cast<Field>(value);
}
void assign(std::optional<std::size_t>& field, std::uint64_t value) { field = value; }
void assign(std::optional<std::uint32_t>& field, std::uint64_t value) { field = static_cast<std::uint32_t>(value); }

// `field`: from settings& to a pointer to the integer, optional or seconds to set.
template <class Field>
setter number(std::uint64_t least, std::uint64_t most, Field field) {
  return [least, most, field](settings& into, const std::string& text) -> value_problem {
    const auto value = parse_integer(text, least, most);
    if (!value) return "must be an integer from " + std::to_string(least) + " to " + std::to_string(most);
    assign(*field(into), *value);
    return std::nullopt;
  };
}

template <class Field>
setter boolean(Field field) {
  return [field](settings& into, const std::string& text) -> value_problem {
    const auto value = parse_boolean(text);
    if (!value) return "must be true or false";
    *field(into) = *value;
    return std::nullopt;
  };
}

// `field`: to a pointer to a string, or to a vector of them; `check`: what is wrong with one.
template <class Check, class Field>
setter words(Check check, Field field) {
  return [check, field](settings& into, const std::string& text) -> value_problem {
    if (value_problem wrong = check(text)) return wrong;
    auto& to = *field(into);
    if constexpr (std::is_same_v<decltype(to), std::string&>) {
      to = text;
    } else {
      to.push_back(text);
    }
    return std::nullopt;
  };
}

// One of `names`, which stand in the order of the enumeration.
template <class Field>
setter choice(std::string_view names, Field field) {
  return [names, field](settings& into, const std::string& text) -> value_problem {
    int place = 0;
    for (std::string_view rest = names;; ++place) {
      const std::size_t end = std::min(rest.find('|'), rest.size());
      if (rest.substr(0, end) == text) break;
      if (end == rest.size()) return "must be one of " + std::string(names);
      rest.remove_prefix(end + 1);
    }
    using value = std::remove_reference_t<decltype(*field(into))>;
    *field(into) = static_cast<value>(place);
    return std::nullopt;
  };
}

value_problem add_resolve(settings& into, const std::string& text) {
  resolve_override made;
  if (value_problem wrong = parse_resolve(text, made)) return wrong;
  into.engine.resolve.push_back(std::move(made));
  return std::nullopt;
}

// For all URLs, whatever their scheme.
value_problem set_proxy(settings& into, const std::string& text) {
  if (value_problem wrong = check_proxy(text)) return wrong;
  into.engine.http_proxy = into.engine.https_proxy = text;
  return std::nullopt;
}

value_problem set_nothing(settings&, const std::string&) { return std::nullopt; }

void add_service(std::vector<option>& to) {
  const auto add = [&to](const char* name, option_form form, const char* value, const char* help, setter set) {
    to.push_back({name, form, serve, "Service", value, help, "", std::move(set)});
  };
  add("listen", list, "ADDR:PORT", "Where to listen; repeatable [127.0.0.1:7777]",
      words(check_listener, [](settings& s) { return &s.server.listen; }));
  add("api_key_file", text, "FILE", "Keys that callers must show, one a line as 'trawl key new' makes it",
      words(check_readable, [](settings& s) { return &s.server.api_key_file; }));
  add("no_auth", flag, "", "Let in whoever reaches a listener, even if it is not loopback",
      boolean([](settings& s) { return &s.server.no_auth; }));
  add("allowed_host", list, "NAME",
      "Host name that requests may be addressed to, beside IP addresses and localhost; repeatable",
      words(check_host_name, [](settings& s) { return &s.server.allowed_host; }));
  add("tls_cert", text, "FILE", "Certificate of the listeners, PEM, with those above it; they speak TLS then",
      words(check_readable, [](settings& s) { return &s.server.tls_cert; }));
  add("tls_key", text, "FILE", "Its key, PEM", words(check_readable, [](settings& s) { return &s.server.tls_key; }));
  add("cors_origin", list, "ORIGIN", "Origin whose web pages may use the API, e.g. https://a.example; repeatable",
      words(check_origin, [](settings& s) { return &s.server.cors_origin; }));
  add("rate_limit", integer, "R",
      "Requests a second of one key or address, twice as many at once; more are answered 429",
      number(1, 1000000, [](settings& s) { return &s.server.rate_limit; }));
  add("drain_timeout", integer, "S", "Time that fetches in flight get after SIGTERM or SIGINT [3]",
      number(0, 3600, [](settings& s) { return &s.drain_timeout; }));
  add("max_body", integer, "BYTES", "Largest request body, decoded [268435456]",
      number(1, most_bytes, [](settings& s) { return &s.server.max_body; }));
  add("max_urls", integer, "N", "URLs waiting in all tasks; more are answered 503, in one task 413 [20000000]",
      number(1, most_urls, [](settings& s) { return &s.server.max_urls; }));
  add("max_memory", integer, "BYTES",
      "Memory of all tasks; more is answered 503, for one task 413 [60% of RAM or cgroup]",
      number(1, most_bytes, [](settings& s) { return &s.server.max_memory; }));
  add("task_ttl", integer, "S", "How long a task is kept after it has ended; 0: until it is deleted [86400]",
      number(0, longest_ttl_s, [](settings& s) { return &s.server.task_ttl; }));
  add("max_connections", integer, "N", "Open connections of clients [10000]",
      number(1, 1000000, [](settings& s) { return &s.server.max_connections; }));
  add("max_connections_per_address", integer, "N", "Of one address [1000; no limit for loopback]",
      number(1, 1000000, [](settings& s) { return &s.server.max_connections_per_address; }));
}

void add_output(std::vector<option>& to) {
  to.push_back({"format", text, check, "Output", record_formats, "How records are written to stdout [table]", "",
                choice(record_formats, [](settings& s) { return &s.format; })});
  to.push_back({"quiet", flag, check, "Output", "", "No progress and no summary on stderr", ",-q",
                boolean([](settings& s) { return &s.quiet; })});
}

const char* value_word(option_kind kind) {
  switch (kind) {
    case option_kind::integer:
      return "N";
    case option_kind::boolean:
      return "true|false";
    case option_kind::method:
      return "GET|HEAD";
    case option_kind::headers:
      return "'NAME: VALUE'";
    case option_kind::text:
      break;
  }
  return "TEXT";
}

// The options of a task, as the API has them; those that the engine has too are one flag with it.
void add_fetch_options(std::vector<option>& to) {
  for (const fetch_option& each : fetch_options()) {
    if (each.name == "host_concurrency" || each.name == "host_delay_ms") continue;
    const bool headers = each.kind == option_kind::headers;
    const std::string help = std::string(each.help) + (headers ? "; repeatable" : "");
    to.push_back({headers ? "header" : std::string(each.name), headers ? list : text, check, "Every fetch",
                  each.name == "callback_url" ? "URL" : value_word(each.kind), help, headers ? ",--headers" : "",
                  [which = &each](settings& into, const std::string& value) {
                    return set_option_from_text(into.task, *which, value);
                  }});
  }
}

void add_engine(std::vector<option>& to) {
  const auto add = [&to](const char* name, option_form form, const char* value, const char* help, setter set) {
    to.push_back({name, form, both, "Fetching", value, help, "", std::move(set)});
  };
  add("threads", integer, "N", "Threads that fetch [cores this process may use]",
      number(1, 64, [](settings& s) { return &s.engine.threads; }));
  add("max_in_flight", integer, "N", "Fetches at once; lowered to what RLIMIT_NOFILE allows [1024]",
      number(1, 1000000, [](settings& s) { return &s.engine.max_in_flight; }));
  add("host_concurrency", integer, "N",
      "Fetches at once to one host; 0: no limit [6; no limit for loopback and --allow-net]",
      number(0, 1000000, [](settings& s) { return &s.engine.host_concurrency; }));
  add("host_delay_ms", integer, "N",
      "Gap between two starts at one host; 0: none [50; none for loopback and --allow-net]",
      number(0, longest_ms, [](settings& s) { return &s.engine.host_delay_ms; }));
  add("user_agent", text, "S", "User-Agent header [trawl/" TRAWL_VERSION "]",
      words(check_user_agent, [](settings& s) { return &s.engine.user_agent; }));
}

void add_network(std::vector<option>& to) {
  const auto add = [&to](const char* name, option_form form, const char* value, const char* help, setter set) {
    to.push_back({name, form, both, "Names, addresses, trust", value, help, "", std::move(set)});
  };
  add("dns_server", list, "ADDR[:PORT]", "Whom to ask; repeatable [the system's]",
      words(check_dns_server, [](settings& s) { return &s.engine.dns_server; }));
  add("resolve", list, "HOST:PORT:ADDR", "Answer for a name, whatever DNS says; repeatable", add_resolve);
  add("allow_net", list, "CIDR", "Addresses that may be fetched although they are not public; repeatable",
      words(check_cidr, [](settings& s) { return &s.engine.allow_net; }));
  add("proxy", text, "URL",
      "HTTP proxy for every URL, [http://][USER[:PASSWORD]@]HOST[:PORT]; none: direct; not for what NO_PROXY names "
      "[http_proxy, https_proxy, all_proxy]",
      set_proxy);
  to.back().secret = true;
  add("ca_file", text, "FILE", "Trusted roots, PEM [SSL_CERT_FILE, else the system's]",
      words(check_readable, [](settings& s) { return &s.engine.ca_file; }));
  add("crl_file", text, "FILE", "Revoked certificates, PEM",
      words(check_readable, [](settings& s) { return &s.engine.crl_file; }));
  add("no_legacy_decoder", flag, "",
      "Handle keys as OpenSSL 3.0 does by itself: the same result for half as much CPU again",
      boolean([](settings& s) { return &s.no_legacy_decoder; }));
}

void add_general(std::vector<option>& to) {
  const auto add = [&to](const char* name, const char* value, const char* help, setter set) {
    to.push_back({name, text, both, "General", value, help, "", std::move(set)});
  };
  add("log_level", log_levels, "What is logged to stderr [info; check: warning]",
      choice(log_levels, [](settings& s) { return &s.log; }));
  add("log_format", log_formats, "How: a line of text or a JSON object each [text]",
      choice(log_formats, [](settings& s) { return &s.log_as; }));
  add("webhook_secret_file", "FILE", "Secrets that callbacks are signed with, whsec_ and base64, one a line",
      words(check_readable, [](settings& s) { return &s.server.webhook_secret_file; }));
  add("config", "FILE", "Options, as a JSON object", set_nothing);
}

std::vector<option> all_options() {
  std::vector<option> made;
  add_service(made);
  add_output(made);
  add_fetch_options(made);
  add_engine(made);
  add_network(made);
  add_general(made);
  return made;
}

}  // namespace

std::string_view command_name(command which) { return which == command::serve ? "serve" : "check"; }

std::string option::flag() const {
  std::string made = "--" + name;
  std::ranges::replace(made, '_', '-');
  return made;
}

std::string option::variable() const {
  if (scope == check) return "";
  std::string made = "TRAWL_";
  for (const char c : name) made += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return made;
}

bool option::applies(command which) const { return scope == both || (scope == serve) == (which == command::serve); }

const std::vector<option>& option_table() {
  static const std::vector<option> table = all_options();
  return table;
}

}  // namespace trawl
