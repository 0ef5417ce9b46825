#include "api/routes/handlers.hpp"

namespace trawl {

answer show_health(service&, const request&) { return answer(R"({"status":"ok"})"); }

answer show_readiness(service& at, const request& asked) {
  if (at.draining) return answer(problem(503, "the service is shutting down"));
  return show_health(at, asked);
}

}  // namespace trawl
