#include "cli/completion.hpp"

#include <doctest/doctest.h>

#include "cli/option_table.hpp"

using namespace trawl;

TEST_CASE("completion: every shell's script knows every flag of both commands") {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const auto script = completion_script(shell);
    REQUIRE(script);
    for (const option& each : option_table()) {
      CAPTURE(shell);
      CAPTURE(each.name);
      const std::string flag = each.flag();
      CHECK(script->find(std::string(shell) == "fish" ? "-l " + flag.substr(2) : flag) != std::string::npos);
    }
  }
}

TEST_CASE("completion: values that are few are offered, and files where a file is meant") {
  CHECK(completion_script("bash")->find("--format) words=\"table ndjson csv json\"") != std::string::npos);
  CHECK(completion_script("bash")->find("--ca-file) files=yes") != std::string::npos);
  CHECK(completion_script("zsh")->find("(table ndjson csv json)") != std::string::npos);
  CHECK(completion_script("fish")->find("-a 'table ndjson csv json'") != std::string::npos);
}

TEST_CASE("completion: quotes and brackets of a help text do not end the word they stand in") {
  const std::string zsh = *completion_script("zsh");
  CHECK(zsh.find("'\\''Name\\: value'\\''") != std::string::npos);
  CHECK(zsh.find("\\[127.0.0.1\\:7777\\]") != std::string::npos);
  CHECK(completion_script("fish")->find("\\'Name: value\\'") != std::string::npos);
}

TEST_CASE("completion: another shell has no script") {
  CHECK_FALSE(completion_script("tcsh"));
  CHECK_FALSE(completion_script(""));
}
