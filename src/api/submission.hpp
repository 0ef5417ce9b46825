// One POST of a task: the format of its body is found out, limits are watched while it is read, and the task
// starts when the last octet was understood. Until then nothing is fetched; a submission that is dropped on
// the way leaves nothing behind.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "api/router.hpp"
#include "api/service.hpp"
#include "api/submission_parser.hpp"
#include "task/task_builder.hpp"

namespace trawl {

/// What differs between POST /submit and POST /tasks.
struct submission_rules {
  /// A body that begins with '{' is JSON whatever its type says, as `curl -d` has it.
  bool json_by_look = false;
  unsigned status = 200;
  /// Retry-After: 1 on the answer: when to look first.
  bool says_when = false;
};

class submission final : public intake {
 public:
  submission(service& at, const request& asked, const submission_rules& rules);
  ~submission() override;

  /// Refuses from the head alone what need not be read.
  [[nodiscard]] std::optional<problem> refused_at_once() const;

  bool put(std::string_view piece) override;
  answer finish() override;

 private:
  bool open_parser(std::string_view begins);
  bool take_query_options();
  bool take_query_option(const query::pair& given);
  bool within_limits();
  void count_as_arriving();
  bool refuse(problem why);
  answer accepted(const tracked_task& started) const;

  service& at_;
  const submission_rules rules_;
  const std::string type_;  // Media type in lower case, without parameters.
  const query asked_;
  const std::uint64_t announced_;
  std::string coding_;
  bool keyed_;
  task_builder builder_;
  std::unique_ptr<submission_parser> parser_;
  std::optional<problem> refused_;
  std::string blanks_;  // What came before the first octet that says something.
  std::uint64_t octets_ = 0;
  std::uint64_t looked_at_load_ = 0;
  crawler_load load_;
  std::uint64_t counted_urls_ = 0;
  std::uint64_t counted_bytes_ = 0;
};

}  // namespace trawl
