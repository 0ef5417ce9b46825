// What a handler has to say: a status, a few fields, and a body that is either here or told block by block.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/http/problem.hpp"
#include "stream/block_source.hpp"
#include "stream/event_feed.hpp"

namespace trawl {

struct answer {
  unsigned status = 200;
  std::string_view content_type = "application/json";  ///< A literal.
  std::vector<std::pair<std::string_view, std::string>> fields;
  std::string body;
  std::unique_ptr<block_source> stream;  ///< In place of body.
  std::unique_ptr<event_feed> upgrade;   ///< 101: the connection becomes a WebSocket that tells this.
  bool codable = true;                   ///< A large body may be sent as gzip to who takes it.

  answer() = default;
  /// A document of JSON.
  explicit answer(std::string json, unsigned with_status = 200) : status(with_status), body(std::move(json)) {}
  answer(std::unique_ptr<block_source> told, std::string_view type) : content_type(type), stream(std::move(told)) {}
  /// problem+json, with the fields the problem asks for.
  explicit answer(const problem& told) : status(told.status), content_type("application/problem+json") {
    body = to_json(told);
    if (told.retry_after_s > 0) fields.emplace_back("Retry-After", std::to_string(told.retry_after_s));
    if (!told.allow.empty()) fields.emplace_back("Allow", told.allow);
    if (!told.challenge.empty()) fields.emplace_back("WWW-Authenticate", told.challenge);
    if (!told.accept_encoding.empty()) fields.emplace_back("Accept-Encoding", told.accept_encoding);
  }
};

}  // namespace trawl
