// Which handler a request is for. Routes are a table: a path with at most one {id} in it, a method, what a
// caller must be allowed, the handler, and the query keys it understands. HEAD is served where GET is; OPTIONS
// everywhere.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "api/http/answer.hpp"
#include "api/http/permission.hpp"
#include "api/http/request.hpp"
#include "base/executor.hpp"

namespace trawl {

/// A body that becomes an answer.
class intake : public body_reader {
 public:
  /// After the last piece, or after put() said no.
  virtual answer finish() = 0;
};

/// Answers from the head alone. The request outlives the coroutine.
using plain_handler = std::function<awaitable<answer>(const request&)>;
/// Looks at the head and takes the body on, or says why not.
using intake_handler = std::function<or_problem<std::unique_ptr<intake>>(const request&)>;

struct route {
  std::string_view method;
  std::string_view path;  ///< "/tasks/{id}/results"
  permission needs;       ///< The least scope that may.
  std::variant<plain_handler, intake_handler> handler;
  /// Any other key is refused by name. An intake_handler looks for itself: what its options are depends on
  /// the body.
  std::vector<std::string_view> query_keys;
  /// The one of them that may be given more than once.
  std::string_view repeatable_key = {};
};

class router {
 public:
  explicit router(std::vector<route> routes) : routes_(std::move(routes)) {}
  /// The route for it, its {id} put into `asked`; or 404, 405.
  [[nodiscard]] or_problem<const route*> find(request& asked) const;
  /// "GET, HEAD, OPTIONS" for a known path; empty for another.
  [[nodiscard]] std::string allowed(std::string_view path) const;

 private:
  std::vector<route> routes_;
};

/// The 400 for a query key that the route does not know, or that is given twice. Not before its caller may be there at
/// all: who may not learns nothing, and what anybody may ask stays that whatever the query.
[[nodiscard]] std::optional<problem> query_problem(const route& found, const request& asked);

}  // namespace trawl
