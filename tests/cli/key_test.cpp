#include "cli/key.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "api/door/api_keys.hpp"
#include "base/whole_file.hpp"

using namespace trawl;

TEST_CASE("key: a line is appended after one without an end, to a file that only its owner reads") {
  const std::string path = "/tmp/trawl-key-test." + std::to_string(::getpid());
  std::remove(path.c_str());
  REQUIRE(make_key({"new", "--name", "a", "--append", path}) == 0);
  struct stat seen {};
  REQUIRE(::stat(path.c_str(), &seen) == 0);
  CHECK((seen.st_mode & 0777) == 0600);
  std::ofstream(path, std::ios::app) << "# no end";
  CHECK(make_key({"new", "--name=b", "--read-only", "--append=" + path}) == 0);
  CHECK(make_key({"new", "--admin", "--append", path}) == 0);
  const std::string text = read_whole_file(path).text;
  std::remove(path.c_str());
  api_keys keys;
  CHECK(keys.read(text).empty());
  CHECK(keys.size() == 3);
  CHECK(text.starts_with("a read-write sha256:"));
  CHECK(text.find("\nb read-only sha256:") != std::string::npos);
  CHECK(text.find("\ndefault admin sha256:") != std::string::npos);
}

TEST_CASE("key: what is not understood is refused") {
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{},
                                             {"old"},
                                             {"new", "--frob"},
                                             {"new", "--name"},
                                             {"new", "--name", "a b"},
                                             {"new", "--admin", "--read-only"},
                                             {"new", "--append"},
                                             {"new", "stray"},
                                             {"new", "--append", "/nonexistent/keys"}})
    CHECK(make_key(wrong) == 1);
}
