// Records as aligned columns for a person at a terminal: the status received or the code of the failure, time,
// URL, and what else there is to say.
// Nothing that a server sent reaches the terminal as a control sequence.
#pragma once

#include <trawl/record.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace trawl {

class record_table {
 public:
  static constexpr std::size_t widest_url = 60;
  /// `longest_url`: of the inputs, in octets; its column is that wide, within limits.
  record_table(std::size_t longest_url, bool colour);
  void append_header(std::string& out) const;
  void append(std::string& out, const record& shown) const;

 private:
  std::size_t url_width_;
  bool colour_;
};

/// `text` with '?' for what is no printable UTF-8.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace trawl
