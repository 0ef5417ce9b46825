// A submission as text: one URL a line, ended by LF or CR LF; blank lines and those that begin with '#' are
// passed over. Pieces may be cut anywhere.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "api/submit/submission_parser.hpp"
#include "task/task_builder.hpp"

namespace trawl {

class line_parser final : public submission_parser {
 public:
  explicit line_parser(task_builder& into) : into_(into) {}

  bool put(std::string_view piece) override;
  bool finish() override;
  [[nodiscard]] const problem& wrong() const override { return wrong_; }

 private:
  bool take_line(std::string_view line);
  bool refuse(std::string detail);

  task_builder& into_;
  problem wrong_;
  std::string begun_;  // A line whose end has not come yet.
  std::uint64_t line_ = 0;
  bool failed_ = false;
};

}  // namespace trawl
