#include "connect/tls_test_server.hpp"

#include <arpa/inet.h>
#include <linux/tcp.h>  // <netinet/tcp.h> does not know data segments.
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace trawl::test {

namespace {

int listen_somewhere(unsigned short& port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  auto* const address = reinterpret_cast<sockaddr*>(&at);
  if (listener < 0 || ::bind(listener, address, size) != 0 || ::listen(listener, 64) != 0) std::abort();
  ::getsockname(listener, address, &size);
  port = ntohs(at.sin_port);
  return listener;
}

int refuse_all_alpn(SSL*, const unsigned char**, unsigned char*, const unsigned char*, unsigned, void*) {
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

int take_first_alpn(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* in, unsigned, void*) {
  *out = in + 1;
  *size = in[0];
  return SSL_TLSEXT_ERR_OK;
}

std::shared_ptr<SSL_CTX> make_context(const tls_server_options& options) {
  const std::shared_ptr<SSL_CTX> made(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SSL_CTX* const context = made.get();
  SSL_CTX_set_security_level(context, 0);
  SSL_CTX_set_min_proto_version(context, options.min_version);
  SSL_CTX_set_max_proto_version(context, options.max_version);
  SSL_CTX_use_certificate(context, options.who.certificate.get());
  SSL_CTX_use_PrivateKey(context, options.who.key.get());
  for (const identity& each : options.chain) SSL_CTX_add1_chain_cert(context, each.certificate.get());
  if (!options.ciphers_tls12.empty()) SSL_CTX_set_cipher_list(context, options.ciphers_tls12.c_str());
  if (!options.groups.empty()) SSL_CTX_set1_groups_list(context, options.groups.c_str());
  const unsigned char id[] = "trawl";
  SSL_CTX_set_session_id_context(context, id, sizeof id);
  const int ask = options.demand_client ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_PEER;
  if (options.ask_client || options.demand_client) SSL_CTX_set_verify(context, ask, nullptr);
  SSL_CTX_set_alpn_select_cb(context, options.refuse_alpn ? refuse_all_alpn : take_first_alpn, nullptr);
  return made;
}

}  // namespace

raw_server::raw_server(script serve) : listener_(listen_somewhere(port_)), serve_(std::move(serve)) {
  std::signal(SIGPIPE, SIG_IGN);
  thread_ = std::thread([this] { run(); });
}

raw_server::~raw_server() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);  // Wakes accept().
  thread_.join();
  ::close(listener_);
}

void raw_server::run() {
  while (!stopping_) {
    const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) continue;
    const timeval patience{10, 0};  // So that a client that hangs fails the test instead of blocking it.
    ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    serve_(descriptor);
    ::close(descriptor);
  }
}

tls_server::tls_server(tls_server_options options, script serve)
    : context_(make_context(options)),
      serve_(std::move(serve)),
      raw_([this](int descriptor) { serve_one(descriptor); }) {}

std::vector<seen> tls_server::connections() {
  const std::lock_guard lock(guard_);
  return connections_;
}

void tls_server::serve_one(int descriptor) {
  const std::shared_ptr<SSL> ssl(SSL_new(context_.get()), SSL_free);
  SSL_set_fd(ssl.get(), descriptor);
  seen what;
  what.shaken = SSL_accept(ssl.get()) == 1;
  what.resumed = SSL_session_reused(ssl.get()) == 1;
  if (const char* name = SSL_get_servername(ssl.get(), TLSEXT_NAMETYPE_host_name)) what.server_name = name;
  const unsigned char* alpn = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl.get(), &alpn, &size);
  if (size > 0) what.alpn.assign(reinterpret_cast<const char*>(alpn), size);
  {
    const std::lock_guard lock(guard_);
    connections_.push_back(what);
  }
  if (what.shaken) serve_(ssl.get());
  ERR_clear_error();
}

std::uint32_t data_segments_sent(int descriptor) {
  tcp_info info{};
  socklen_t size = sizeof info;
  ::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size);
  return info.tcpi_data_segs_out;
}

std::string read_request(SSL* ssl) {
  std::string all;
  char block[4096];
  while (all.find("\r\n\r\n") == std::string::npos) {
    const int got = SSL_read(ssl, block, sizeof block);
    if (got <= 0) break;
    all.append(block, static_cast<std::size_t>(got));
  }
  return all;
}

void write_all(SSL* ssl, std::string_view data) {
  std::size_t gone = 0;
  while (!data.empty() && SSL_write_ex(ssl, data.data(), data.size(), &gone) == 1) data.remove_prefix(gone);
}

void end_cleanly(SSL* ssl) {
  SSL_shutdown(ssl);
  char block[256];
  while (::recv(SSL_get_fd(ssl), block, sizeof block, 0) > 0) {
  }
}

void say_hello(SSL* ssl) {
  if (read_request(ssl).empty()) return;
  write_all(ssl, "hello");
  end_cleanly(ssl);
}

}  // namespace trawl::test
