#include "api/routes/handlers.hpp"

namespace trawl {
namespace {

or_problem<std::unique_ptr<intake>> open(service& at, const request& asked, const submission_rules& rules) {
  auto opened = std::make_unique<submission>(at, asked, rules);
  if (auto refused = opened->refused_at_once()) return *std::move(refused);
  auto claimed = at.keys.open(asked);
  if (!claimed) return claimed.error();
  opened->put_under(std::move(*claimed));
  return std::unique_ptr<intake>(std::move(opened));
}

}  // namespace

or_problem<std::unique_ptr<intake>> submit(service& at, const request& asked) {
  return open(at, asked, {.json_by_look = true, .status = 200, .says_when = false});
}

or_problem<std::unique_ptr<intake>> create_task(service& at, const request& asked) {
  return open(at, asked, {.json_by_look = false, .status = 202, .says_when = true});
}

}  // namespace trawl
