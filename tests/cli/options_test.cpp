#include "cli/options.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "base/temp_file.hpp"
#include "task/fetch_option_table.hpp"

using namespace trawl;

namespace {

using arguments = std::vector<std::string>;
using variables = std::map<std::string, std::string>;

reading read(command which, const arguments& given, const variables& set = {}) {
  return read_options(which, given, [&set](const char* name) -> const char* {
    const auto found = set.find(name);
    return found == set.end() ? nullptr : found->second.c_str();
  });
}

reading read_serve(const arguments& given, const variables& set = {}) { return read(command::serve, given, set); }

bool mentions(const reading& read, const std::string& text) {
  return std::ranges::any_of(read.problems, [&](const std::string& each) { return each.starts_with(text); });
}

}  // namespace

TEST_CASE("options: without any, the defaults hold") {
  // [api 1.27, 5.11, 5.13, 5.22, 5.23, 5.24, 5.25, 5.26, 5.27, 5.34, 5.35]
  const reading told = read_serve({});
  CHECK(told.problems.empty());
  CHECK(told.values.server.listen == arguments{"127.0.0.1:7777"});
  CHECK(told.values.engine.max_in_flight == 1024);
  CHECK(!told.values.engine.host_concurrency.has_value());
  CHECK(told.values.engine.listeners_are_loopback);
  CHECK(!told.values.engine.host_delay_ms.has_value());
  CHECK(told.values.engine.threads == 0);  // As many as it may use.
  CHECK(told.values.engine.user_agent == "trawl/" TRAWL_VERSION);
  CHECK(told.values.server.max_body == 268435456);
  CHECK(told.values.server.max_urls == 20000000);
  CHECK(told.values.server.max_memory == 0);  // 60% of what there is.
  CHECK(told.values.server.max_connections == 10000);
  CHECK(!told.values.server.max_connections_per_address.has_value());
  CHECK(told.values.server.task_ttl == 86400);
  CHECK(told.values.server.rate_limit == 0);
  CHECK(told.values.drain_timeout == std::chrono::seconds(3));
  CHECK(told.values.log == log_level::info);
  CHECK(told.values.log_as == log_format::text);
}

TEST_CASE("options: flags win over environment, environment over file") {
  // [api 5.9]
  const temp_file file(R"({"max_in_flight": 1, "max_urls": 1, "max_body": 1})");
  const reading told = read_serve({"--config", file.path(), "--max-in-flight", "3"},
                                  {{"TRAWL_MAX_IN_FLIGHT", "2"}, {"TRAWL_MAX_URLS", "2"}});
  CHECK(told.problems.empty());
  CHECK(told.values.engine.max_in_flight == 3);
  CHECK(told.values.server.max_urls == 2);
  CHECK(told.values.server.max_body == 1);
}

TEST_CASE("options: a list of a stronger source replaces the weaker one's, it does not add to it") {
  // [api 5.9]
  const temp_file file(R"({"listen": ["127.0.0.1:1"], "allow_net": ["10.0.0.0/8"]})");
  const reading told = read_serve({"--listen", "127.0.0.1:3", "--listen", "[::1]:4"},
                                  {{"TRAWL_CONFIG", file.path()}, {"TRAWL_ALLOW_NET", "192.168.0.0/16,\tfd00::/8 ,"}});
  CHECK(told.problems.empty());
  CHECK(told.values.server.listen == arguments{"127.0.0.1:3", "[::1]:4"});
  CHECK(told.values.engine.allow_net == arguments{"192.168.0.0/16", "fd00::/8"});
}

TEST_CASE("options: everything wrong is told at once, each by where it came from") {
  // [api 5.10]
  const temp_file file(R"({"max_urls": 0, "threads": 2.5, "bogus": 1, "no_auth": "yes", "allowed_host": "a"})");
  const reading told =
      read_serve({"--threads", "0", "--dns-server", "nine", "--colour", "red", "--config", file.path()},
                 {{"TRAWL_MAX_MEMORY", "1G"}, {"TRAWL_LISTEN", "127.0.0.1:1,here"}});
  CHECK(mentions(told, "--threads '0': must be an integer from 1 to"));
  CHECK(mentions(told, "--dns-server 'nine': "));
  CHECK(mentions(told, "--colour: no such option"));
  CHECK(mentions(told, "TRAWL_MAX_MEMORY '1G': "));
  CHECK(mentions(told, "TRAWL_LISTEN 'here': "));
  CHECK(mentions(told, "max_urls in " + file.path() + " '0': "));
  CHECK(mentions(told, "threads in " + file.path() + ": must be an integer"));
  CHECK(mentions(told, "bogus in " + file.path() + ": no such option"));
  CHECK(mentions(told, "no_auth in " + file.path() + ": must be true or false"));
  CHECK(mentions(told, "allowed_host in " + file.path() + ": must be an array of strings"));
  CHECK(told.problems.size() == 10);
}

TEST_CASE("options: each kind of value is refused when it is none") {
  for (const arguments& wrong : std::vector<arguments>{{"--listen", "7777"},
                                                       {"--listen", "localhost:7777"},
                                                       {"--listen", "::1:7777"},
                                                       {"--listen", "127.0.0.1:65536"},
                                                       {"--threads", "65"},
                                                       {"--threads", "-1"},
                                                       {"--threads", "1e3"},
                                                       {"--max-in-flight", "0"},
                                                       {"--host-concurrency", "1000001"},
                                                       {"--host-delay-ms", "3600001"},
                                                       {"--dns-server", "1.2.3.4:0"},
                                                       {"--resolve", "a:80"},
                                                       {"--resolve", "a:0:1.2.3.4"},
                                                       {"--resolve", "a:80:b"},
                                                       {"--ca-file", "/nonexistent"},
                                                       {"--crl-file", "/nonexistent"},
                                                       {"--allow-net", "10.0.0.0/33"},
                                                       {"--user-agent", "a\nb"},
                                                       {"--max-body", "0"},
                                                       {"--max-urls", "4294967295"},
                                                       {"--max-memory", ""},
                                                       {"--max-connections", "0"},
                                                       {"--allowed-host", "a:80"},
                                                       {"--drain-timeout", "3601"},
                                                       {"--log-level", "loud"},
                                                       {"--log-format", "xml"},
                                                       {"--config", "/nonexistent"}}) {
    CAPTURE(wrong[0]);
    CAPTURE(wrong[1]);
    CHECK(read_serve(wrong).problems.size() == 1);
  }
}

TEST_CASE("options: each kind of value is taken when it is one") {
  const reading told = read_serve({"--resolve",
                                   "a.test:443:[::1]",
                                   "--resolve",
                                   "b.test:80:127.0.0.1",
                                   "--host-concurrency",
                                   "0",
                                   "--host-delay-ms",
                                   "0",
                                   "--dns-server",
                                   "::1",
                                   "--dns-server=[::1]:53",
                                   "--log-level",
                                   "error",
                                   "--log-format",
                                   "json",
                                   "--drain-timeout",
                                   "0",
                                   "--allow-net",
                                   "10.1.2.3",
                                   "--user-agent",
                                   "me/1 (+https://a.test/)"});
  CHECK(told.problems.empty());
  REQUIRE(told.values.engine.resolve.size() == 2);
  CHECK(told.values.engine.resolve[0].host == "a.test");
  CHECK(told.values.engine.resolve[0].port == 443);
  CHECK(told.values.engine.resolve[0].address == "::1");
  CHECK(told.values.engine.host_concurrency == 0u);
  CHECK(told.values.engine.host_delay_ms == 0u);
  CHECK(told.values.engine.dns_server == arguments{"::1", "[::1]:53"});
  CHECK(told.values.log == log_level::error);
  CHECK(told.values.log_as == log_format::json);
  CHECK(told.values.drain_timeout == std::chrono::seconds(0));
}

TEST_CASE("options: a listener that is not loopback needs --api-key-file or --no-auth") {
  // [api 5.28, 6.7]
  const reading refused = read_serve({"--listen", "127.0.0.1:1", "--listen", "0.0.0.0:1"});
  CHECK(mentions(refused, "--listen '0.0.0.0:1': a listener that is not loopback needs --api-key-file, or --no-auth"));
  const reading taken = read_serve({"--listen", "127.0.0.1:1", "--listen", "[::]:1", "--no-auth"});
  CHECK(taken.problems.empty());
  CHECK(!taken.values.engine.listeners_are_loopback);
  CHECK(read_serve({}, {{"TRAWL_LISTEN", "0.0.0.0:1"}, {"TRAWL_NO_AUTH", "1"}}).problems.empty());
  CHECK(!read_serve({}, {{"TRAWL_LISTEN", "0.0.0.0:1"}, {"TRAWL_NO_AUTH", "false"}}).problems.empty());
  CHECK(read_serve({"--listen", "127.9.9.9:1", "--listen", "[::1]:1"}).values.engine.listeners_are_loopback);
}

TEST_CASE("options: keys let a listener be anywhere, and contradict --no-auth") {
  const temp_file keys("a");
  CHECK(read_serve({"--listen", "0.0.0.0:1", "--api-key-file", keys.path()}).problems.empty());
  CHECK(mentions(read_serve({"--no-auth", "--api-key-file", keys.path()}), "--no-auth: contradicts --api-key-file"));
  CHECK(mentions(read_serve({"--api-key-file", "/nonexistent"}),
                 "--api-key-file '/nonexistent': cannot be read: No such file or directory"));
  CHECK(mentions(read_serve({"--api-key-file", "/"}), "--api-key-file '/': cannot be read: Is a directory"));
  CHECK(read_serve({"--api-key-file", "/dev/null"}).problems.empty());  // Whatever it gives when it is read.
  const temp_file empty;
  CHECK(mentions(read_serve({"--api-key-file", empty.path()}), "--api-key-file '" + empty.path() + "': is empty"));
}

TEST_CASE("options: origins and rates as they are meant, or not at all") {
  const reading told =
      read_serve({"--cors-origin", "https://a.example", "--cors-origin", "http://b.example:1", "--rate-limit", "5"});
  CHECK(told.problems.empty());
  CHECK(told.values.server.cors_origin == arguments{"https://a.example", "http://b.example:1"});
  CHECK(told.values.server.rate_limit == 5);
  CHECK(mentions(read_serve({"--cors-origin", "*"}), "--cors-origin '*': must be an origin"));
  CHECK(mentions(read_serve({"--rate-limit", "0"}), "--rate-limit '0': "));
}

TEST_CASE("options: a certificate needs its key, and a key its certificate") {
  // [api 5.30]
  const temp_file file("a");
  CHECK(mentions(read_serve({"--tls-cert", file.path()}), "--tls-cert: needs --tls-key"));
  CHECK(mentions(read_serve({"--tls-key", file.path()}), "--tls-key: needs --tls-cert"));
  CHECK(read_serve({"--tls-key", file.path(), "--tls-cert", file.path()}).problems.empty());
}

TEST_CASE("options: a configuration file that is none is told, and so is one that is not there") {
  CHECK(mentions(read_serve({"--config", "/nonexistent"}), "/nonexistent: cannot be read: "));
  CHECK(mentions(read_serve({"--config", "/"}), "/: cannot be read: Is a directory"));
  const temp_file broken("{\"threads\": ");
  CHECK(mentions(read_serve({"--config", broken.path()}), broken.path() + ": "));
  const temp_file array("[]");
  CHECK(mentions(read_serve({"--config", array.path()}), array.path() + ": must be a JSON object"));
}

TEST_CASE("options: an empty variable says nothing") {
  CHECK(read_serve({}, {{"TRAWL_THREADS", ""}, {"TRAWL_LISTEN", ""}}).problems.empty());
}

TEST_CASE("options: check takes the options of a task as flags, the engine's as serve has them, and inputs") {
  const reading told =
      read(command::check,
           {"--timeout-ms", "5", "urls.txt", "--header", "A: b", "--headers=C:d", "-q", "--method", "HEAD", "-",
            "--verify-tls", "false", "--format", "ndjson", "--host-delay-ms", "7", "https://a.test/", "--", "--odd"},
           {{"TRAWL_THREADS", "2"}, {"TRAWL_LISTEN", "nonsense"}});
  CHECK(told.problems.empty());
  CHECK(told.values.task.timeout_ms == 5);
  CHECK(told.values.task.method == http_method::head);
  CHECK(!told.values.task.verify_tls);
  REQUIRE(told.values.task.headers.size() == 2);
  CHECK(told.values.task.headers[0] == std::pair<std::string, std::string>("A", "b"));
  CHECK(told.values.engine.host_delay_ms == 7u);
  CHECK(told.values.engine.threads == 2);
  CHECK(told.values.format == record_format::ndjson);
  CHECK(told.values.quiet);
  CHECK(told.values.log == log_level::warning);
  CHECK(told.values.inputs == arguments{"urls.txt", "-", "https://a.test/", "--odd"});
}

TEST_CASE("options: one configuration file serves both commands; the options of one run stay out of it") {
  const temp_file file(R"({"listen": ["127.0.0.1:1"], "threads": 2})");
  const reading told = read(command::check, {"--config", file.path(), "a"});
  CHECK(told.problems.empty());
  CHECK(told.values.engine.threads == 2);
  const temp_file run(R"({"timeout_ms": 5})");
  CHECK(mentions(read(command::check, {"--config", run.path()}), "timeout_ms in "));
}

TEST_CASE("options: an option of the other command, a stray argument and a missing value are refused") {
  CHECK(mentions(read_serve({"--timeout-ms", "5"}), "--timeout-ms: no such option"));
  CHECK(mentions(read(command::check, {"--listen", "127.0.0.1:1"}), "--listen: no such option"));
  CHECK(mentions(read_serve({"stray"}), "stray: unexpected argument"));
  CHECK(mentions(read_serve({"--threads"}), "--threads: its value is missing"));
  CHECK(mentions(read_serve({"--threads=", "--no-auth"}), "--threads '': "));
}

TEST_CASE("options: --help names every option of its command") {
  const std::string serve = read_serve({"--help"}).help.value_or("");
  for (const char* name : {"--listen",
                           "--threads",
                           "--max-in-flight",
                           "--host-concurrency",
                           "--host-delay-ms",
                           "--dns-server",
                           "--resolve",
                           "--ca-file",
                           "--crl-file",
                           "--allow-net",
                           "--user-agent",
                           "--max-body",
                           "--max-urls",
                           "--max-memory",
                           "--max-connections",
                           "--allowed-host",
                           "--no-auth",
                           "--drain-timeout",
                           "--log-level",
                           "--log-format",
                           "--config",
                           "--no-legacy-decoder",
                           "--api-key-file",
                           "--cors-origin",
                           "--rate-limit",
                           "--tls-cert",
                           "--tls-key",
                           "--max-connections-per-address",
                           "--webhook-secret-file",
                           "--task-ttl",
                           "--proxy"}) {
    CAPTURE(name);
    CHECK(serve.find(name) != std::string::npos);
  }
  CHECK(serve.find("--timeout-ms") == std::string::npos);
}

TEST_CASE("options: every option of a task is a flag of check") {
  // [api 5.4]
  const std::string check = read(command::check, {"-h"}).help.value_or("");
  for (const fetch_option& each : fetch_options()) {
    CAPTURE(each.name);
    std::string flag = "--" + std::string(each.name);
    std::ranges::replace(flag, '_', '-');
    CHECK(check.find(flag) != std::string::npos);
    const std::string value = each.kind == option_kind::integer   ? "1"
                              : each.kind == option_kind::boolean ? "true"
                              : each.kind == option_kind::method  ? "HEAD"
                              : each.kind == option_kind::headers ? "A: b"
                                                                  : "http://h.test/";
    CHECK(read(command::check, {flag, value}).problems.empty());
  }
  CHECK(mentions(read(command::check, {"--callback-url", "x"}), "--callback-url 'x': must be an http or https URL"));
}
