#include "connect/tls_memory.hpp"

#include <openssl/crypto.h>

#include <cstdlib>

#include "base/memory_shortage.hpp"

namespace trawl {
namespace {

// OpenSSL never asks for 0 octets.
void* take(std::size_t size, const char*, int) { return patient_malloc(size); }
void* resize(void* old, std::size_t size, const char*, int) { return patient_realloc(old, size); }
void give_back(void* old, const char*, int) { std::free(old); }

}  // namespace

void give_tls_patient_memory() { CRYPTO_set_mem_functions(take, resize, give_back); }

}  // namespace trawl
