#include "api/http/gzip_reader.hpp"

#include <doctest/doctest.h>

#include <string>

#include "fetch/encode.hpp"

using namespace trawl;
using test::gzip;

namespace {

struct reading {
  gzip_reader reader;
  std::string plain;
  bool put(std::string_view piece) {
    return reader.put(piece, [this](std::string_view block) {
      plain += block;
      return true;
    });
  }
};

std::string noise(std::size_t size, std::uint32_t seed = 1) {
  std::string text;
  for (std::uint32_t state = seed; text.size() < size; state = state * 1664525 + 1013904223)
    text += static_cast<char>(state >> 24);
  return text;
}

}  // namespace

TEST_CASE("gzip_reader: a body comes out whole wherever it is cut, several members too") {
  const std::string coded = gzip("one body ") + gzip("") + gzip("of three members");
  for (std::size_t first = 0; first <= coded.size(); ++first)
    for (std::size_t second = first; second <= coded.size(); ++second) {
      reading all;
      REQUIRE(all.put(std::string_view(coded).substr(0, first)));
      REQUIRE(all.put(std::string_view(coded).substr(first, second - first)));
      REQUIRE(all.put(std::string_view(coded).substr(second)));
      REQUIRE(all.reader.complete());
      REQUIRE(all.plain == "one body of three members");
    }
}

TEST_CASE("gzip_reader: large bodies come out whole, those that shrink and those that do not") {
  for (const std::string& plain : {noise(300000), std::string(90000, 'a') + noise(1000), std::string(32768, 'b')}) {
    reading all;
    CHECK(all.put(gzip(plain)));
    CHECK(all.reader.complete());
    CHECK(all.plain == plain);
  }
}

TEST_CASE("gzip_reader: what ends early is not complete, wherever it ends") {
  const std::string coded = gzip("something that ends early");
  for (std::size_t size = 0; size < coded.size(); ++size) {
    reading all;
    CHECK(all.put(std::string_view(coded).substr(0, size)));
    CHECK_FALSE(all.reader.complete());
  }
}

TEST_CASE("gzip_reader: what is no gzip, or follows it, or was damaged, is broken") {
  std::string damaged = gzip("something");
  damaged[damaged.size() - 6] ^= 1;  // In its checksum.
  for (const std::string& wrong : {std::string(R"({"urls":[]})"), gzip("a") + "x", damaged}) {
    reading all;
    bool more = true;
    for (std::size_t at = 0; at < wrong.size() && more; ++at) more = all.put(std::string_view(wrong).substr(at, 1));
    CHECK((!more || !all.reader.complete()));
    CHECK((all.reader.broken() || !all.reader.complete()));
  }
  reading all;
  CHECK_FALSE(all.put(damaged));
  CHECK(all.reader.broken());
  CHECK_FALSE(all.put(gzip("a")));
}

TEST_CASE("gzip_reader: beyond 1 MiB a body may be a hundred times its coding, and no more") {
  // [api 2.11]
  reading bomb;
  CHECK_FALSE(bomb.put(gzip(std::string(20 << 20, '0'))));
  CHECK(bomb.reader.grew_too_much());
  CHECK(bomb.plain.size() < std::size_t{4} << 20);
  reading small;
  CHECK(small.put(gzip(std::string(1 << 20, '0'))));  // A thousand times, yet small.
  CHECK(small.reader.complete());
  std::string dense;
  while (dense.size() < std::size_t{2} << 20)
    dense += noise(100, static_cast<std::uint32_t>(dense.size())) + std::string(4000, '0');
  reading allowed;
  CHECK(allowed.put(gzip(dense)));
  CHECK(allowed.plain == dense);
}

TEST_CASE("gzip_reader: whoever takes the blocks may have enough") {
  gzip_reader reader;
  int blocks = 0;
  CHECK_FALSE(reader.put(gzip(noise(200000)), [&](std::string_view) { return ++blocks < 2; }));
  CHECK(blocks == 2);
  CHECK_FALSE(reader.broken());
}
