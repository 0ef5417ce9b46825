// What a client would rather have, from its Prefer fields (RFC 7240).
#pragma once

#include <chrono>
#include <optional>

#include "api/http/request.hpp"

namespace trawl {

/// `wait=N`: so many seconds it would wait for the answer; nullopt: it does not say, or not in a way we understand,
/// which is no error. Of several the first counts.
[[nodiscard]] std::optional<std::chrono::seconds> preferred_wait(const request& asked);

}  // namespace trawl
