// One POST of a task: the format of its body is found out, limits are watched while it is read, and the task
// starts when the last octet was understood. Until then nothing is fetched; a submission that is dropped on
// the way leaves nothing behind.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "api/http/gzip_reader.hpp"
#include "api/http/router.hpp"
#include "api/service/idempotency.hpp"
#include "api/service/service.hpp"
#include "api/submit/submission_parser.hpp"
#include "api/submit/submission_room.hpp"
#include "task/fetch_option_table.hpp"
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

/// What tells that a task was accepted.
[[nodiscard]] answer accepted(const task& started, const submission_rules& rules);
/// It has a field that reverse proxies add (RFC 7239, RFC 9110 7.6.3, and common use): its sender may be anyone.
[[nodiscard]] bool came_through_proxy(const request& asked);

class submission final : public intake {
 public:
  submission(service& at, const request& asked, const submission_rules& rules);

  /// Refuses from the head alone what need not be read.
  [[nodiscard]] std::optional<problem> refused_at_once() const;
  /// Under its Idempotency-Key, before the first piece.
  void put_under(idempotency_keys::claim claimed) { claim_.emplace(std::move(claimed)); }

  bool put(std::string_view piece) override;
  answer finish() override;

 private:
  bool take(std::string_view decoded);
  bool take_coded(std::string_view piece);
  bool open_parser(std::string_view begins);
  bool take_query_options();
  option_problem take_query_option(const std::string& name, const std::string& value);
  bool within_limits();
  bool refuse(problem why);
  answer start();
  answer answer_again();

  service& at_;
  const submission_rules rules_;
  const std::string request_;  // Its id.
  const std::string type_;     // Media type in lower case, without parameters.
  const query asked_;
  const std::uint64_t announced_;
  const std::string coding_;  // In lower case.
  std::unique_ptr<gzip_reader> gzip_;
  std::optional<idempotency_keys::claim> claim_;
  sha256 content_;  // With a key.
  submission_room room_;
  task_builder builder_;
  std::unique_ptr<submission_parser> parser_;
  std::optional<problem> refused_;
  std::string blanks_;              // What came before the first octet that says something.
  std::uint64_t octets_ = 0;        // Decoded.
  std::uint64_t coded_octets_ = 0;  // As they came.
  bool stopped_ = false;            // No more of a coded body was wanted.
};

}  // namespace trawl
