// Which web pages may read what the API answers (Fetch standard, CORS protocol): those of the origins that are listed,
// each exactly as a browser writes it. A key goes in Authorization, which is no credential in the sense of CORS, so
// Access-Control-Allow-Credentials is never sent.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/answer.hpp"
#include "api/http/request.hpp"

namespace trawl {

class cors {
 public:
  explicit cors(std::vector<std::string> origins) : origins_(std::move(origins)) {}
  /// It comes from a page of a listed origin.
  [[nodiscard]] bool allows(const request& asked) const;
  /// What the browser is to know beside the answer itself, whichever it is.
  void add_to(answer& told, const request& asked) const;
  /// Makes the answer to OPTIONS one to a browser that asks before it lets a page send its request, if it is that.
  /// `methods`: of the path, as Allow has them.
  void add_preflight(answer& told, const request& asked, const std::string& methods) const;

 private:
  std::vector<std::string> origins_;
};

/// "https://a.example" or "http://localhost:3000", as browsers write it: lower case, no default port, nothing behind.
[[nodiscard]] bool is_origin(std::string_view text);

}  // namespace trawl
