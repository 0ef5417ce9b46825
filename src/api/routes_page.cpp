#include <xxhash.h>

#include <algorithm>

#include "api/handlers.hpp"
#include "api/page_files.hpp"
#include "api/validator.hpp"

namespace trawl {
namespace {

// Nothing from elsewhere, nothing inline: what a submitted URL or a strange server says cannot become a script here.
constexpr std::string_view policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

std::string tag_of(const page_file& file) {
  return '"' + std::to_string(XXH3_64bits(file.bytes.data(), file.bytes.size())) + '"';
}

}  // namespace

answer show_page_file(service&, const request& asked) {
  const auto files = page_files();
  const auto file = std::ranges::find(files, asked.path, &page_file::path);
  if (file == files.end()) return answer(problem(404, "nothing is at '" + asked.path + "'"));
  std::string tag = tag_of(*file);
  // A 304 replaces the fields of what the browser has (RFC 9111 3.2), so it must say all of them again.
  answer told = client_has(asked, tag) ? not_modified(tag) : answer(std::string(file->bytes));
  told.content_type = file->type;
  if (told.status == 200) add_validator(told, std::move(tag));
  told.fields.emplace_back("Content-Security-Policy", policy);
  told.fields.emplace_back("Referrer-Policy", "no-referrer");
  return told;
}

}  // namespace trawl
