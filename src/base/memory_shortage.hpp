// What happens when malloc() finds nothing: a short wait and another try, since what is missing now may be given back
// in a moment (a burst elsewhere, a task deleted). It is the process's new-handler, so every `new` is mended in this
// one place; C libraries that take an allocator (OpenSSL, c-ares) are given the same patience, since most of them would
// report a server's fault where memory was short.
// A thread of fetches waits for as long as it takes: what it holds is nobody else's to finish. Any other thread waits
// about a second and then throws std::bad_alloc, as ever: a connection to the API is lost, the process lives on.
#pragma once

#include <cstddef>

namespace trawl {

/// Installs it for all threads. Once, at start.
void wait_out_memory_shortages();
/// The calling thread never gives up from now on.
void wait_out_memory_shortages_for_ever();

/// As malloc() and realloc(), but with the patience of `new`: whatever new-handler there is, is asked. Null when it
/// gave up, or when there is none.
[[nodiscard]] void* patient_malloc(std::size_t size) noexcept;
[[nodiscard]] void* patient_realloc(void* old, std::size_t size) noexcept;

/// For a library that can only report that it found no memory: true when it should be asked again.
[[nodiscard]] bool waited_for_memory() noexcept;

}  // namespace trawl
