#include <xxhash.h>

#include <algorithm>
#include <vector>

#include "api/http/accept.hpp"
#include "api/http/gzip_reader.hpp"
#include "api/routes/docs_files.hpp"
#include "api/routes/handlers.hpp"
#include "api/routes/page_files.hpp"
#include "api/routes/validator.hpp"

namespace trawl {
namespace {

// Nothing from elsewhere, nothing inline: what a submitted URL or a strange server says cannot become a script here.
constexpr std::string_view policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

// Weak: the same for the file and its gzip coding.
std::string tag_of(const page_file& file) {
  return "W/\"" + std::to_string(XXH3_64bits(file.bytes.data(), file.bytes.size())) + '"';
}

struct tagged_file {
  const page_file& file;
  std::string tag;
};

// Their octets are looked at once.
const tagged_file* find_file(std::string_view path) {
  static const std::vector<tagged_file> all = [] {
    std::vector<tagged_file> made;
    for (const auto files : {page_files(), docs_files()})
      for (const page_file& each : files) made.push_back({each, tag_of(each)});
    return made;
  }();
  const auto found = std::ranges::find(all, path, [](const tagged_file& each) { return each.file.path; });
  return found == all.end() ? nullptr : &*found;
}

std::string decoded(std::string_view gzipped) {
  std::string plain;
  gzip_reader().put(gzipped, [&plain](std::string_view piece) {
    plain += piece;
    return true;
  });
  return plain;
}

// Kept as gzip alone: nearly everyone takes that.
answer tell_gzipped(const request& asked, const page_file& file) {
  const bool as_it_is = prefers_gzip(asked.field("accept-encoding"));
  answer told(as_it_is ? std::string(file.bytes) : decoded(file.bytes));
  if (as_it_is) told.fields.emplace_back("Content-Encoding", "gzip");
  told.fields.emplace_back("Vary", "Accept-Encoding");
  told.codable = false;
  return told;
}

// A 304 replaces the fields of what the browser has (RFC 9111 3.2), so it is told like the file itself, but for that.
answer tell(const request& asked, const page_file& file, const std::string& tag) {
  if (client_has(asked, tag)) return not_modified(tag);
  answer told = file.gzipped ? tell_gzipped(asked, file) : answer(std::string(file.bytes));
  add_validator(told, tag);
  return told;
}

}  // namespace

answer show_page_file(service&, const request& asked) {
  const tagged_file* const found = find_file(asked.path);
  if (found == nullptr) return answer(problem(404, "nothing is at '" + asked.path + "'"));
  if (const auto wrong = failed_precondition(asked)) return answer(*wrong);
  answer told = tell(asked, found->file, found->tag);
  told.content_type = found->file.type;
  told.fields.emplace_back("Content-Security-Policy", policy);
  told.fields.emplace_back("Referrer-Policy", "no-referrer");
  return told;
}

}  // namespace trawl
