// Entity tags (RFC 9110 8.8.3): what lets a client that polls hear "nothing new" for the price of a head.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/http/answer.hpp"
#include "api/http/problem.hpp"
#include "api/http/request.hpp"
#include "task/tracked_task.hpp"

namespace trawl {

/// Of a task, with or without its records: changes whenever a record came or the task ended. Weak, because rate and
/// time to go change without that.
[[nodiscard]] std::string entity_tag(const tracked_task& shown);
/// The client has what bears that tag: If-None-Match lists it, or is `*` (RFC 9110 13.1.2).
[[nodiscard]] bool client_has(const request& asked, std::string_view tag);
/// The 412 for an If-Match that lists tags (RFC 9110 13.1.1): they are compared strongly, and all tags here are weak.
/// Asked only of what is there, so that `*` holds, and when nothing else is wrong with the request (13.2.1).
[[nodiscard]] std::optional<problem> failed_precondition(const request& asked);
/// 304 with the tag.
[[nodiscard]] answer not_modified(std::string tag);
/// The tag, and that it is to be asked for each time.
void add_validator(answer& told, std::string tag);

}  // namespace trawl
