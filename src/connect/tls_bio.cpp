#include "connect/tls_bio.hpp"

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <new>

namespace trawl {

namespace {

/// What an idle connection may keep of its buffer: a request head fits.
constexpr std::size_t kept_capacity = 2048;
/// What is received without a look at anything else.
constexpr std::size_t longest_turn = std::size_t{64} << 10;
/// What a peer may have waiting that it does not take, although it goes on speaking.
constexpr std::size_t most_unsent = std::size_t{256} << 10;

tls_wire& wire_of(BIO* bio) { return *static_cast<tls_wire*>(BIO_get_data(bio)); }

void remember_first(tls_wire& wire, const char* data, std::size_t size) {
  const std::size_t more = std::min(size, wire.first.size() - wire.first_size);
  std::copy_n(data, more, wire.first.begin() + static_cast<std::ptrdiff_t>(wire.first_size));
  wire.first_size += more;
}

int receive(BIO* bio, char* into, int size) {
  tls_wire& wire = wire_of(bio);
  BIO_clear_retry_flags(bio);
  if (wire.deaf || (wire.unsent() && !wire.duplex)) {
    BIO_set_retry_read(bio);
    return -1;
  }
  if (wire.out.size() - wire.sent > most_unsent) {
    wire.error = ENOBUFS;
    return -1;
  }
  if (wire.in_turn >= longest_turn) {
    wire.in_turn = 0;
    BIO_set_retry_read(bio);
    return -1;
  }
  if (wire.key_changes > most_key_changes) {
    wire.error = EPROTO;
    return -1;
  }
  const ssize_t got = ::recv(wire.fd, into, static_cast<std::size_t>(size), MSG_DONTWAIT);
  wire.in_turn = got > 0 ? wire.in_turn + static_cast<std::size_t>(got) : 0;
  if (got > 0) {
    if (wire.first_size < wire.first.size()) remember_first(wire, into, static_cast<std::size_t>(got));
  } else if (got == 0) {
    wire.ended = true;
  } else if (errno == EAGAIN || errno == EINTR) {
    BIO_set_retry_read(bio);
  } else {
    wire.error = errno;
  }
  return static_cast<int>(got);
}

int append(BIO* bio, const char* data, int size) try {
  BIO_clear_retry_flags(bio);
  wire_of(bio).out.append(data, static_cast<std::size_t>(size));
  return size;
} catch (const std::bad_alloc&) {  // No exception may pass through OpenSSL.
  return -1;
}

long control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;  // tls_client flushes, once a step.
  if (command == BIO_CTRL_EOF) return wire_of(bio).ended ? 1 : 0;
  return 0;
}

BIO_METHOD* make_method() {
  BIO_METHOD* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "trawl socket");
  if (method == nullptr) throw std::bad_alloc();
  BIO_meth_set_read(method, receive);
  BIO_meth_set_write(method, append);
  BIO_meth_set_ctrl(method, control);
  return method;
}

// A renegotiation that a peer asks for is seen by our answer: what it sends may be a piece of a message.
bool is_key_change(int written, int type, std::string_view message) {
  if (written == 0) return type == SSL3_RT_HANDSHAKE && message.starts_with(char{SSL3_MT_KEY_UPDATE});
  return type == SSL3_RT_ALERT && message.ends_with(char{SSL_AD_NO_RENEGOTIATION});
}

void look_for_key_change(int written, int, int type, const void* message, std::size_t size, SSL*, void* wire) {
  if (is_key_change(written, type, {static_cast<const char*>(message), size}))
    ++static_cast<tls_wire*>(wire)->key_changes;
}

}  // namespace

BIO* new_tls_bio(tls_wire& wire) {
  struct free_method {
    void operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
  };
  static const std::unique_ptr<BIO_METHOD, free_method> method(make_method());
  BIO* const bio = BIO_new(method.get());
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, &wire);
  BIO_set_init(bio, 1);
  return bio;
}

void limit_key_changes(SSL* ssl, tls_wire& wire) {
  SSL_set_msg_callback(ssl, look_for_key_change);
  SSL_set_msg_callback_arg(ssl, &wire);
}

int flush(tls_wire& wire) {
  while (wire.unsent()) {
    const ssize_t gone =
        ::send(wire.fd, wire.out.data() + wire.sent, wire.out.size() - wire.sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (gone < 0 && errno == EINTR) continue;
    if (gone < 0) return errno;
    wire.sent += static_cast<std::size_t>(gone);
  }
  wire.sent = 0;
  wire.out.clear();
  if (wire.out.capacity() > kept_capacity) std::string().swap(wire.out);
  return 0;
}

}  // namespace trawl
