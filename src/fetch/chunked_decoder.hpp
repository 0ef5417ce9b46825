// The chunked transfer coding (RFC 9112 7.1), taken off as the octets arrive: chunk data comes out as views
// into the input, nothing is copied. Extensions are skipped, trailers are checked and dropped (RFC 9110 6.5.1:
// nothing here knows a field that may stand in them). LF ends a line as CRLF does; anything else odd fails.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fetch/line_reader.hpp"
#include "fetch/parse_event.hpp"
#include "fetch/section_budget.hpp"
#include "outcome/failure.hpp"

namespace trawl {

class chunked_decoder {
 public:
  /// Octets a chunk-size line may carry after the size. Real ones carry none, or a short signature.
  static constexpr std::size_t extension_limit = 4096;
  /// Octets of size lines in a body, beyond 16 and two for each of data for every chunk: or one could be sent for ever
  /// without a body to be counted.
  static constexpr std::uint64_t overhead_limit = 16384;

  void start();
  /// As response_parser::next(): need_more, body (then `piece` is data), done, or failed with `fault` filled.
  [[nodiscard]] parse_event next(std::string_view& input, std::string_view& piece, failure& fault);

 private:
  enum class state : std::uint8_t { size, data, data_end, trailers, done };
  [[nodiscard]] parse_event read_size(std::string_view& input, failure& fault);
  [[nodiscard]] parse_event read_data(std::string_view& input, std::string_view& piece);
  [[nodiscard]] parse_event read_data_end(std::string_view& input, failure& fault);
  [[nodiscard]] parse_event read_trailers(std::string_view& input, failure& fault);
  [[nodiscard]] bool size_line(std::string_view line, failure& fault);

  state state_ = state::size;
  std::uint64_t left_ = 0;  ///< Of the chunk.
  std::uint64_t overhead_ = 0;
  line_reader lines_;
  section_budget trailer_budget_;
};

}  // namespace trawl
