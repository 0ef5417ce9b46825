#include "api/submit/json_copy.hpp"

#include "stream/json.hpp"

namespace trawl {

void json_copy::put(std::string_view piece) {
  if (!too_long()) text_ += piece;
}

// A comma, unless this is the first of its container or stands after its key. What ends in one of these characters
// is no text: that ends in a quote.
void json_copy::separate() {
  constexpr std::string_view nothing_before = "[{:";
  if (!text_.empty() && nothing_before.find(text_.back()) == std::string_view::npos) put(",");
}

void json_copy::open(char bracket) {
  separate();
  put(std::string_view(&bracket, 1));
}

// A text too long for the limit need not be whole.
void json_copy::part(std::string_view piece) {
  if (parts_.size() <= limit_) parts_ += piece;
}

void json_copy::key(std::string_view rest) {
  string(rest);
  put(":");
}

void json_copy::string(std::string_view rest) {
  separate();
  part(rest);
  if (!too_long()) append_json_string(text_, parts_);
  parts_.clear();
}

void json_copy::word(std::string_view rest) {
  separate();
  part(rest);
  put(parts_);
  parts_.clear();
}

}  // namespace trawl
