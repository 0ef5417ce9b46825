// A body format of submissions, read as it arrives: JSON (submit_parser) or lines of text (line_parser).
// How many URLs and octets there may be is watched by the submission, between two pieces.
#pragma once

#include <string_view>

#include "api/http/problem.hpp"

namespace trawl {

class submission_parser {
 public:
  virtual ~submission_parser() = default;
  /// The next piece. False: reading on is pointless.
  virtual bool put(std::string_view piece) = 0;
  /// After the last piece, or after put() said no. False: wrong() says why, and what was built is of no use.
  virtual bool finish() = 0;
  /// 400 with what is wrong.
  [[nodiscard]] virtual const problem& wrong() const = 0;
};

}  // namespace trawl
