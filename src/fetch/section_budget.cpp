#include "fetch/section_budget.hpp"

namespace trawl {

bool section_budget::over(failure& fault, std::size_t limit, const char* unit) {
  fault.code = errc::http_response_header_section_size;
  fault.detail = "header section over the limit of " + std::to_string(limit) + ' ' + unit;
  return false;
}

}  // namespace trawl
