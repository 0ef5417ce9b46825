#include "api/http/tls_accepted.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <new>

namespace trawl {
namespace {

// What is encrypted before it is sent; bounds the buffer of a large write.
constexpr std::size_t write_slice = 64 * 1024;

}  // namespace

void tls_accepted::free_ssl::operator()(SSL* ssl) const { SSL_free(ssl); }

tls_accepted::tls_accepted(SSL* ssl, int socket) : ssl_(ssl) {
  if (!ssl_) throw std::bad_alloc();
  wire_.fd = socket;
  BIO* const bio = new_tls_bio(wire_);
  if (bio == nullptr) throw std::bad_alloc();
  SSL_set_bio(ssl, bio, bio);
  limit_key_changes(ssl, wire_);
  SSL_set_accept_state(ssl);
}

// False: it is over.
bool tls_accepted::goes_on(int answer) {
  const int why = SSL_get_error(ssl_.get(), answer);
  ERR_clear_error();
  if (why == SSL_ERROR_NONE || why == SSL_ERROR_WANT_READ) return true;
  broken_ = why != SSL_ERROR_ZERO_RETURN;
  over_ = true;
  return false;
}

std::size_t tls_accepted::read(void* into, std::size_t size) {
  if (over_) return 0;
  std::size_t got = 0;
  ERR_clear_error();
  const int answer = SSL_read_ex(ssl_.get(), into, size, &got);
  if (got > 0) wire_.key_changes = 0;
  return goes_on(answer) ? got : 0;
}

std::size_t tls_accepted::write(std::string_view data) {
  if (broken_) return 0;
  std::size_t taken = 0;
  ERR_clear_error();
  const int answer = SSL_write_ex(ssl_.get(), data.data(), std::min(data.size(), write_slice), &taken);
  return goes_on(answer) ? taken : 0;
}

void tls_accepted::close() {
  if (broken_ || SSL_is_init_finished(ssl_.get()) == 0) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

bool tls_accepted::pending() const { return SSL_pending(ssl_.get()) > 0; }

bool tls_accepted::peer_closed() {
  if (over_) return true;
  char next = 0;
  std::size_t got = 0;
  ERR_clear_error();
  return !goes_on(SSL_peek_ex(ssl_.get(), &next, 1, &got));
}

}  // namespace trawl
