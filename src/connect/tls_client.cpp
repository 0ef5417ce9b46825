#include "connect/tls_client.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <utility>

#include "base/clock.hpp"
#include "connect/tls_failure.hpp"

namespace trawl {

namespace {

/// What is encrypted before it is sent; bounds the buffer of a large write.
constexpr std::size_t write_slice = 64 * 1024;
/// What one connection may read before others have their turn.
constexpr std::size_t read_turn = 128 * 1024;

failure interrupted(phase where) { return {errc::none, where, "cancelled"}; }

failure wait_failure(const error_code& ec, phase where) {
  const bool broken = ec && ec != asio::error::operation_aborted && ec != asio::error::bad_descriptor;
  return broken ? wire_failure(ec.value(), where) : interrupted(where);
}

std::string_view bare(std::string_view host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') return host.substr(1, host.size() - 2);
  if (host.size() > 1 && host.back() == '.') return host.substr(0, host.size() - 1);  // RFC 6066: no trailing dot
  return host;
}

/// RFC 6066 3 and RFC 9525 6.3. To OpenSSL a first dot means every name under it.
bool may_be_certified(std::string_view host) {
  constexpr std::size_t longest_name = 255;
  return !host.empty() && host.front() != '.' && host.size() <= longest_name &&
         host.find('\0') == std::string_view::npos;
}

failure nameless(std::string_view host) {
  return {errc::tls_certificate_error, phase::tls,
          "no certificate can be for a host named " + std::string(host.substr(0, 64))};
}

std::string session_key(std::string_view host, std::uint16_t port, bool verify) {
  std::string key(host);
  key += ' ' + std::to_string(port) + (verify ? " verified " : " unverified ");
  return key += alpn_http1;
}

}  // namespace

void tls_client::free_ssl::operator()(SSL* ssl) const { SSL_free(ssl); }

tls_client::tls_client(tls_context& context, socket_type& socket, std::string_view hostname, std::uint16_t port,
                       bool hostname_is_ip, bool verify)
    : context_(context),
      socket_(socket),
      peer_{.host = std::string(bare(hostname)), .session_key = session_key(bare(hostname), port, verify)},
      hostname_is_ip_(hostname_is_ip),
      verify_(verify),
      ssl_(context.new_connection(verify, peer_)) {
  wire_.fd = socket.native_handle();
  if (ssl_ && !prepare()) ssl_.reset();
  ERR_clear_error();
}

tls_client::~tls_client() {
  // Without it SSL_free() takes the connection for broken and spoils its session for resumption.
  if (connected_) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

bool tls_client::prepare() {
  BIO* const bio = new_tls_bio(wire_);
  if (bio == nullptr) return false;
  SSL_set_bio(ssl_.get(), bio, bio);
  limit_key_changes(ssl_.get(), wire_);
  SSL_set_connect_state(ssl_.get());
  if (!hostname_is_ip_ && !may_be_certified(peer_.host)) return true;  // handshake() says so.
  if (hostname_is_ip_) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), peer_.host.c_str()) == 1;
  return SSL_set1_host(ssl_.get(), peer_.host.c_str()) == 1 &&
         SSL_set_tlsext_host_name(ssl_.get(), peer_.host.c_str()) == 1;
}

awaitable<result<void>> tls_client::handshake() {
  if (!ssl_) co_return failure{errc::out_of_resources, phase::tls, "no memory for TLS"};
  if (!hostname_is_ip_ && !may_be_certified(peer_.host)) co_return nameless(peer_.host);
  offer_session();
  for (;;) {
    if (!socket_.is_open()) co_return interrupted(phase::tls);
    ERR_clear_error();
    const int why = status(SSL_do_handshake(ssl_.get()));
    if (why == SSL_ERROR_NONE) break;
    if (why != SSL_ERROR_WANT_READ) co_return handshake_failure();
    if (auto sent = co_await send_out(phase::tls); !sent) co_return sent;
    if (auto ready = co_await wait_readable(phase::tls); !ready) co_return ready;
  }
  connected_ = true;
  note_facts();
  co_return result<void>{};
}

awaitable<result<void>> tls_client::write(std::string_view data) {
  while (!data.empty()) {
    if (!socket_.is_open()) co_return interrupted(phase::none);
    std::size_t taken = 0;
    ERR_clear_error();
    if (status(SSL_write_ex(ssl_.get(), data.data(), std::min(data.size(), write_slice), &taken)) != SSL_ERROR_NONE) {
      connected_ = false;
      co_return tls_failure(wire_, peer_, phase::none);
    }
    data.remove_prefix(taken);
    if (auto sent = co_await send_out(phase::none); !sent) co_return sent;
  }
  co_await yield();
  co_return result<void>{};
}

awaitable<result<std::size_t>> tls_client::read_some(char* into, std::size_t size) {
  if (read_since_wait_ >= read_turn) co_await yield();
  for (;;) {
    if (!socket_.is_open()) co_return interrupted(phase::none);
    std::size_t got = 0;
    ERR_clear_error();
    const int why = status(SSL_read_ex(ssl_.get(), into, size, &got));
    read_since_wait_ += got;
    if (why == SSL_ERROR_NONE) {
      wire_.key_changes = 0;
      co_return got;
    }
    if (why != SSL_ERROR_WANT_READ) co_return stream_end(why);
    const bool silent = !wire_.unsent();  // Else the read did not ask the socket.
    if (auto sent = co_await send_out(phase::none); !sent) co_return sent.error();
    if (!silent) {
      co_await yield();  // A server that makes TLS answer all the time would have the loop for itself.
      continue;
    }
    if (auto ready = co_await wait_readable(phase::none); !ready) co_return ready.error();
  }
}

void tls_client::interrupt() {
  stop_ = true;  // Also when it has yet to come to its wait.
  if (!waiting_) return;
  error_code ignored;
  socket_.cancel(ignored);
}

bool tls_client::pending() const {
  if (SSL_has_pending(ssl_.get()) == 0) return false;
  if (SSL_pending(ssl_.get()) > 0) return true;
  // Whole records are left: session tickets, or more of the stream? Only opening them tells.
  char next;
  std::size_t got = 0;
  ERR_clear_error();
  wire_.deaf = true;
  const int why = SSL_get_error(ssl_.get(), SSL_peek_ex(ssl_.get(), &next, 1, &got));
  wire_.deaf = false;
  ERR_clear_error();
  return why != SSL_ERROR_WANT_READ;
}

void tls_client::offer_session() {
  saved_session saved = context_.sessions().take(peer_.session_key, epoch_seconds());
  offered_ = saved.session && SSL_set_session(ssl_.get(), saved.session.get()) == 1;
  if (offered_) peer_.verify_note = std::move(saved.verify_note);
}

void tls_client::note_facts() {
  const SSL_CIPHER* const cipher = SSL_get_current_cipher(ssl_.get());
  facts_.version = SSL_get_version(ssl_.get());
  facts_.cipher = cipher != nullptr ? SSL_CIPHER_standard_name(cipher) : "";
  facts_.not_after = expiry_of(SSL_get0_peer_certificate(ssl_.get()));
  facts_.resumed = SSL_session_reused(ssl_.get()) == 1;
  if (SSL_get_verify_result(ssl_.get()) == X509_V_OK) peer_.verify_note.clear();
  if (!verify_) facts_.verify_note = peer_.verify_note;
}

int tls_client::status(int answer) {
  const int why = SSL_get_error(ssl_.get(), answer);
  if (why != SSL_ERROR_SSL && why != SSL_ERROR_SYSCALL) ERR_clear_error();
  return why;
}

failure tls_client::handshake_failure() {
  failure why = tls_failure(wire_, peer_, phase::tls);
  if (offered_) context_.sessions().forget(peer_.session_key);
  if (wire_.error == 0) static_cast<void>(flush(wire_));  // Our alert says why, if it can leave at once.
  return why;
}

/// A read that brought nothing: a clean end, a cut, or a failure.
result<std::size_t> tls_client::stream_end(int ssl_error) {
  if (ssl_error == SSL_ERROR_ZERO_RETURN) return std::size_t{0};
  connected_ = false;
  if (wire_.ended && wire_.error == 0) {
    truncated_ = true;
    return std::size_t{0};
  }
  return tls_failure(wire_, peer_, phase::none);
}

awaitable<result<void>> tls_client::send_out(phase where) {
  for (;;) {
    const int error = flush(wire_);
    if (error == 0) co_return result<void>{};
    if (error != EAGAIN) co_return wire_failure(error, where);
    const auto [ec] = co_await socket_.async_wait(socket_type::wait_write, use_tuple);
    if (ec || !socket_.is_open()) co_return wait_failure(ec, where);
  }
}

awaitable<result<void>> tls_client::wait_readable(phase where) {
  if (std::exchange(stop_, false)) co_return interrupted(where);
  waiting_ = true;
  const auto [ec] = co_await socket_.async_wait(socket_type::wait_read, use_tuple);
  waiting_ = false;
  read_since_wait_ = 0;
  const bool stopped = std::exchange(stop_, false);
  if (ec || stopped || !socket_.is_open()) co_return wait_failure(ec, where);
  co_return result<void>{};
}

awaitable<void> tls_client::yield() {
  read_since_wait_ = 0;
  co_await asio::post(socket_.get_executor(), use_awaitable);
}

}  // namespace trawl
