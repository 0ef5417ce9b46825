// Why a TCP connection could not be made: the operating system's errors in the words of the API.
// Decides only; the one syscall it makes tells "no ports left" from "no way there", which Linux
// reports alike.
#pragma once

#include <string>

#include "base/executor.hpp"
#include "outcome/failure.hpp"

namespace trawl {

/// "127.0.0.1:81", "[::1]:81".
[[nodiscard]] std::string address_text(const tcp::endpoint& at);

/// The errno says that this machine is short of something, descriptors or memory: it tells nothing about the peer.
[[nodiscard]] bool is_shortage(int error);

/// "Connection refused" -> "connection refused", so that it can stand after a colon.
[[nodiscard]] std::string error_words(const error_code& ec);

/// The failure of connecting to `to` with `ec`; phase::connect, `detail` names the address.
[[nodiscard]] failure connect_failure(const error_code& ec, const tcp::endpoint& to);

}  // namespace trawl
