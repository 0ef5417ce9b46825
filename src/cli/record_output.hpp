// Records on stdout in one of the formats of `trawl check`, collected to large writes. Blocks its thread
// while a slow reader takes them: the shards go on meanwhile.
#pragma once

#include <trawl/record.hpp>

#include <cstddef>
#include <string>

#include "cli/options.hpp"
#include "cli/record_table.hpp"

namespace trawl {

class record_output {
 public:
  record_output(int file, record_format format, std::size_t longest_url, bool colour);
  /// What comes before the first record.
  void begin();
  void add(const record& finished);
  void end();
  /// Writes what was collected.
  void flush();
  /// The errno that ended it: from there everything is dropped. 0: all is well.
  [[nodiscard]] int failed() const { return failed_; }

 private:
  int file_;
  record_format format_;
  record_table table_;
  std::string text_;
  bool first_ = true;
  int failed_ = 0;
};

}  // namespace trawl
