// The files of the dashboard, as they stand in src/api/routes/page/, inside the binary.
#pragma once

#include <span>
#include <string_view>

namespace trawl {

struct page_file {
  std::string_view path;  ///< Of its route.
  std::string_view type;  ///< Media type.
  std::string_view bytes;
  bool gzipped = false;  ///< `bytes` are the file's gzip coding.
};

[[nodiscard]] std::span<const page_file> page_files();

}  // namespace trawl
