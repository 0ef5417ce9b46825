#include "api/http/gzip_writer.hpp"

#include <doctest/doctest.h>

#include "api/http/accept.hpp"
#include "api/http/gzip_reader.hpp"

using namespace trawl;

namespace {

std::string decoded(gzip_reader& reader, const std::string& coded) {
  std::string plain;
  CHECK(reader.put(coded, [&plain](std::string_view block) {
    plain += block;
    return true;
  }));
  return plain;
}

}  // namespace

TEST_CASE("gzip_writer: what was flushed can be read, and the end is the end") {
  gzip_writer writer;
  gzip_reader reader;
  CHECK(decoded(reader, writer.put("one\n", gzip_writer::then::flush)) == "one\n");
  std::string coded = writer.put("two\n", gzip_writer::then::more);
  coded += writer.put("", gzip_writer::then::flush);
  CHECK(decoded(reader, coded) == "two\n");
  CHECK_FALSE(reader.complete());
  CHECK(decoded(reader, writer.put("three", gzip_writer::then::end)) == "three");
  CHECK(reader.complete());
}

TEST_CASE("gzip_writer: large pieces come out whole") {
  std::string plain;
  for (int i = 0; plain.size() < 600000; ++i) plain += "{\"index\":" + std::to_string(i * 7919 % 100003) + "}\n";
  gzip_writer writer;
  gzip_reader reader;
  std::string coded = writer.put(plain, gzip_writer::then::more);
  coded += writer.put(plain, gzip_writer::then::end);
  CHECK(coded.size() < plain.size());
  CHECK(decoded(reader, coded) == plain + plain);
  CHECK(reader.complete());
}

TEST_CASE("prefers_gzip: as RFC 9110 12.5.3 weighs codings") {
  for (const char* yes :
       {"gzip", "br, GZIP", "x-gzip", "*", "gzip;q=0.1", "gzip;q=0.5, identity;q=0.5", "deflate, *;q=0.3"})
    CHECK(prefers_gzip(yes));
  for (const char* no : {"", "br", "identity", "gzip;q=0", "*;q=0", "*, gzip;q=0", "gzip;q=0.4, identity", "gzippy"})
    CHECK_FALSE(prefers_gzip(no));
}
