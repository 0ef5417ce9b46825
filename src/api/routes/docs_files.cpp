// DOCS_FOLDER and SWAGGER_UI_FOLDER, the latter only when there is a Swagger UI, are CMake's.
#include "api/routes/docs_files.hpp"

#include <string>

#include "api/routes/embedded.hpp"

TRAWL_EMBED(openapi_json, DOCS_FOLDER "/openapi.json")
TRAWL_EMBED(openapi_components, DOCS_FOLDER "/components.json")

#ifdef SWAGGER_UI_FOLDER
TRAWL_EMBED(docs_index, DOCS_FOLDER "/index.html")
TRAWL_EMBED(docs_start, DOCS_FOLDER "/start.js")
TRAWL_EMBED(docs_bundle, SWAGGER_UI_FOLDER "/swagger-ui-bundle.js.gz")
TRAWL_EMBED(docs_style, SWAGGER_UI_FOLDER "/swagger-ui.css.gz")
TRAWL_EMBED(docs_licence, SWAGGER_UI_FOLDER "/licence.txt.gz")
#endif

namespace trawl {
namespace {

// Two files, so that either can be read: the paths, and what they refer to.
std::string joined() {
  std::string whole(TRAWL_EMBEDDED(openapi_json));
  whole.resize(whole.rfind('}'));
  return whole.append(",\"components\":").append(TRAWL_EMBEDDED(openapi_components)).append("}\n");
}

const std::string document = joined();

const page_file files[] = {
    {"/openapi.json", "application/json", document},
#ifdef SWAGGER_UI_FOLDER
    {"/docs", "text/html; charset=utf-8", TRAWL_EMBEDDED(docs_index)},
    {"/docs/start.js", "text/javascript; charset=utf-8", TRAWL_EMBEDDED(docs_start)},
    {"/docs/swagger-ui-bundle.js", "text/javascript; charset=utf-8", TRAWL_EMBEDDED(docs_bundle), true},
    {"/docs/swagger-ui.css", "text/css; charset=utf-8", TRAWL_EMBEDDED(docs_style), true},
    {"/docs/licence.txt", "text/plain; charset=utf-8", TRAWL_EMBEDDED(docs_licence), true},
#endif
};

}  // namespace

std::string_view openapi_document() { return document; }

bool has_swagger_ui() { return docs_files().size() > 1; }

std::span<const page_file> docs_files() { return files; }

}  // namespace trawl
