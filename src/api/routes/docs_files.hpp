// The description of the API (OpenAPI 3.1), and Swagger UI to read it with. The document stands in
// src/api/routes/docs/; Swagger UI comes from npm (scripts/swagger-ui), and a binary that was built without it has the
// document only.
#pragma once

#include <span>
#include <string_view>

#include "api/routes/page_files.hpp"

namespace trawl {

/// JSON, the whole of it.
[[nodiscard]] std::string_view openapi_document();
/// Whether this binary has a Swagger UI, and so a /docs.
[[nodiscard]] bool has_swagger_ui();
/// /openapi.json, and /docs with what is below it if there is one.
[[nodiscard]] std::span<const page_file> docs_files();

}  // namespace trawl
