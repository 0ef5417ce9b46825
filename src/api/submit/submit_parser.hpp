// The JSON body of a submission, read as it arrives: URLs go straight into the task, nothing of the body is
// kept. {"urls": ["…" | {"url": "…", "headers": {…}, "meta": …}, …], "options": {…}}, in any order; other keys at the
// top are ignored, as the original service did. Pieces may be cut anywhere. Boost.JSON's push parser stands behind it,
// in the .cpp only; it validates UTF-8 and bounds the depth (32).
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "api/submit/submission_parser.hpp"
#include "task/task_builder.hpp"

namespace trawl {

class submit_parser final : public submission_parser {
 public:
  explicit submit_parser(task_builder& into);
  ~submit_parser() override;

  bool put(std::string_view piece) override;
  bool finish() override;
  /// With every error found, at most most_input_errors.
  [[nodiscard]] const problem& wrong() const override;

 private:
  class machine;
  std::unique_ptr<machine> machine_;
};

}  // namespace trawl
