#include "api/door/api_keys.hpp"

#include <doctest/doctest.h>

using namespace trawl;

namespace {

// SHA-256 of "abc".
const std::string abc = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

}  // namespace

TEST_CASE("api_keys: a key that was made is found by its secret, with its name and scope") {
  for (const permission scope : {permission::read, permission::write, permission::admin}) {
    const fresh_key made = make_api_key("ci-1.b_C", scope);
    CHECK(made.secret.size() == 49);
    CHECK(made.secret.starts_with("trawl_"));
    CHECK(made.line.find(made.secret) == std::string::npos);
    api_keys keys;
    REQUIRE(keys.read(made.line).empty());
    const api_key* const found = keys.find(made.secret);
    REQUIRE(found != nullptr);
    CHECK(found->name == "ci-1.b_C");
    CHECK(found->scope == scope);
    CHECK(keys.find(made.secret + "x") == nullptr);
    CHECK(keys.find(made.secret.substr(1)) == nullptr);
    CHECK(keys.find("") == nullptr);
  }
}

TEST_CASE("api_keys: no two are alike") {
  CHECK(make_api_key("a", permission::read).secret != make_api_key("a", permission::read).secret);
}

TEST_CASE("api_keys: a file has comments, blank lines, tabs, and line ends of either kind") {
  api_keys keys;
  REQUIRE(keys.read("# ours\r\n\n  \t\na read-only " + abc + "\r\n\tb\tadmin\t" +
                    make_api_key("", permission::read).line.substr(11))
              .empty());
  CHECK(keys.size() == 2);
  REQUIRE(keys.find("abc") != nullptr);
  CHECK(keys.find("abc")->name == "a");
}

TEST_CASE("api_keys: all that is wrong with a file is told, each with its line, and the keys stay as they were") {
  api_keys keys;
  REQUIRE(keys.read("a admin " + abc).empty());
  const std::string secret = "trawl_this-is-no-hash";
  const auto problems = keys.read("a/b admin " + abc + "\nb all " + abc + "\n\nc admin " + secret + "\nd admin " + abc +
                                  "0\ne admin " + abc + " more\nf admin\ng admin sha256:" + std::string(64, 'G'));
  REQUIRE(problems.size() == 7);
  CHECK(problems[0].starts_with("line 1: "));
  CHECK(problems[1].starts_with("line 2: "));
  CHECK(problems[2].starts_with("line 4: "));
  for (const std::string& each : problems) CHECK(each.find(secret) == std::string::npos);
  CHECK(keys.find("abc") != nullptr);
}

TEST_CASE("api_keys: a file without a key is refused") {
  api_keys keys;
  CHECK(keys.read("").size() == 1);
  CHECK(keys.read("# none yet\n").size() == 1);
}

TEST_CASE("api_keys: names are short and plain") {
  CHECK(is_key_name(std::string(64, 'a')));
  for (const std::string& wrong :
       {std::string(), std::string(65, 'a'), std::string("a b"), std::string("a\n"), std::string("\xC3\xA9")})
    CHECK_FALSE(is_key_name(wrong));
}
