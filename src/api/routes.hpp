// The API as a table: what stands where, and who answers.
#pragma once

#include <vector>

#include "api/router.hpp"
#include "api/service.hpp"

namespace trawl {

/// `at` outlives the routes.
[[nodiscard]] std::vector<route> make_routes(service& at);

}  // namespace trawl
