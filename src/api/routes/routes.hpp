// The API as a table: what stands where, and who answers.
#pragma once

#include <vector>

#include "api/http/router.hpp"
#include "api/service/service.hpp"

namespace trawl {

/// `at` outlives the routes.
[[nodiscard]] std::vector<route> make_routes(service& at);

}  // namespace trawl
