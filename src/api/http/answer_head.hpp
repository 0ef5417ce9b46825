// The head of an answer as bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/http/answer.hpp"
#include "api/http/request.hpp"

namespace trawl {

/// How the body of an answer is delimited, and what becomes of the connection.
struct answer_framing {
  std::optional<std::uint64_t> length;  ///< nullopt: chunked, or for HTTP/1.0 until the close.
  bool keep_alive = true;
};

void append_head(std::string& out, const request& asked, const answer& told, const answer_framing& framing);
/// `data` as one chunk (RFC 9112 7.1); nothing for nothing, which would end the body.
void append_chunk(std::string& out, std::string_view data);
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

/// The client's X-Request-Id when it is short and plain, else a new one.
class request_ids {
 public:
  request_ids();
  [[nodiscard]] std::string choose(std::string_view given);

 private:
  std::string prefix_;  // Random for each process, so that ids of two runs differ.
  std::uint64_t next_ = 0;
};

}  // namespace trawl
