// The head of one request to the API, as far as the API looks at it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/http/query.hpp"
#include "base/executor.hpp"
#include "stream/next_look.hpp"

namespace trawl {

/// Who asks, as a handler that waits sees it.
class peer {
 public:
  /// Nobody waits for the answer any more.
  [[nodiscard]] virtual bool gone() = 0;
  /// Waits for that, or for what `look` names. May return for less: look again.
  virtual awaitable<void> rest(next_look look) = 0;

 protected:
  ~peer() = default;
};

struct request {
  std::string method;     ///< As sent; methods are case-sensitive.
  std::string authority;  ///< Of a target in absolute form, which replaces Host (RFC 9112 3.2.2).
  std::string path;       ///< Percent-encoded, as sent; "*" for OPTIONS *.
  query asked;            ///< What follows the '?'.
  unsigned version = 11;  ///< 10 or 11.
  bool keep_alive = true;
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  std::vector<std::pair<std::string, std::string>>
      fields;            ///< In order, names in lower case; of several lines one list.
  std::string id;        ///< X-Request-Id of the answer.
  peer* from = nullptr;  ///< Outlives the request.
  std::string caller;    ///< Name of its key; empty: nobody is asked for one.
  bool sees_all = true;  ///< Tasks of other callers too.
  std::string task_id;   ///< What stands for {id} in the path of the route.

  /// Whether a task of `owner` is there for this caller.
  [[nodiscard]] bool may_see(std::string_view owner) const { return sees_all || owner == caller; }
  [[nodiscard]] bool has_body() const { return chunked || content_length.value_or(0) > 0; }
  /// The first field of that name, which is in lower case; empty when there is none.
  [[nodiscard]] std::string_view field(std::string_view name) const {
    const auto found = std::find_if(fields.begin(), fields.end(), [&](const auto& each) { return each.first == name; });
    return found == fields.end() ? std::string_view() : std::string_view(found->second);
  }
  [[nodiscard]] bool has(std::string_view name) const {
    return std::any_of(fields.begin(), fields.end(), [&](const auto& each) { return each.first == name; });
  }
};

/// Takes in the body of a request as it arrives.
class body_reader {
 public:
  virtual ~body_reader() = default;
  /// The next piece. False: no more is wanted, finish() says why; the piece may be dropped.
  virtual bool put(std::string_view piece) = 0;
};

}  // namespace trawl
