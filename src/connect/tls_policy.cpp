#include "connect/tls_policy.hpp"

#include <openssl/conf.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/text.hpp"

namespace trawl {
namespace {

constexpr int security_level = 2;

struct free_configuration {
  void operator()(CONF* configuration) const { NCONF_free(configuration); }
};

// What the system has a word on. An SSL_CTX does not tell its groups, nor whether its ciphers are more than a default.
struct system_policy {
  bool groups = false;
  bool ciphers = false;
};

system_policy read_system_policy() {
  char* const file = CONF_get1_default_config_file();
  const std::unique_ptr<CONF, free_configuration> read(NCONF_new(nullptr));
  const bool loaded = file != nullptr && read && NCONF_load(read.get(), file, nullptr) > 0;
  OPENSSL_free(file);
  const char* section = loaded ? NCONF_get_string(read.get(), nullptr, "openssl_conf") : nullptr;
  for (const char* each : {"ssl_conf", "system_default"})
    if (section != nullptr) section = NCONF_get_string(read.get(), section, each);
  const STACK_OF(CONF_VALUE)* const lines = section != nullptr ? NCONF_get_section(read.get(), section) : nullptr;
  system_policy found;
  for (int i = 0; i < sk_CONF_VALUE_num(lines); ++i) {
    std::string_view name = sk_CONF_VALUE_value(lines, i)->name;
    name.remove_prefix(name.rfind('.') + 1);  // "2.Groups", where a name is there twice.
    found.groups |= equals_ignoring_case(name, "groups") || equals_ignoring_case(name, "curves");
    found.ciphers |= equals_ignoring_case(name, "cipherstring") || equals_ignoring_case(name, "ciphersuites");
  }
  ERR_clear_error();
  return found;
}

using ciphers = std::vector<const SSL_CIPHER*>;

ciphers ciphers_of(const SSL_CTX* context) {
  const STACK_OF(SSL_CIPHER)* const list = SSL_CTX_get_ciphers(context);
  ciphers all;
  for (int i = 0; i < sk_SSL_CIPHER_num(list); ++i) all.push_back(sk_SSL_CIPHER_value(list, i));
  return all;
}

// The standard's names begin so; OpenSSL's own, of the versions before, do not.
bool is_of_tls13(const SSL_CIPHER* cipher) { return std::string_view(SSL_CIPHER_get_name(cipher)).starts_with("TLS_"); }

// Those of TLS 1.3, or of the versions before, by colon.
std::string names_of(const ciphers& all, bool tls13) {
  std::string names;
  for (const SSL_CIPHER* each : all) {
    if (is_of_tls13(each) == tls13) names.append(names.empty() ? "" : ":").append(SSL_CIPHER_get_name(each));
  }
  return names;
}

// Leaves those of the ciphers that are in `allowed`, too.
void keep_allowed(SSL_CTX* context, const ciphers& allowed) {
  ciphers both = ciphers_of(context);
  std::erase_if(both, [&](const SSL_CIPHER* each) {
    return std::ranges::find(allowed, SSL_CIPHER_get_id(each), SSL_CIPHER_get_id) == allowed.end();
  });
  const std::string older = names_of(both, false);
  const std::string newer = names_of(both, true);
  if (older.empty())
    SSL_CTX_set_options(context, SSL_OP_NO_TLSv1_2);
  else
    check_tls_setting(SSL_CTX_set_cipher_list(context, older.c_str()) == 1, "ciphers");
  if (newer.empty())
    SSL_CTX_set_options(context, SSL_OP_NO_TLSv1_3);
  else
    check_tls_setting(SSL_CTX_set_ciphersuites(context, newer.c_str()) == 1, "TLS 1.3 suites");
}

void choose_ciphers(SSL_CTX* context, const tls_wishes& wishes, bool limited) {
  const ciphers allowed = ciphers_of(context);
  check_tls_setting(SSL_CTX_set_cipher_list(context, wishes.tls12_ciphers) == 1, "ciphers");
  check_tls_setting(SSL_CTX_set_ciphersuites(context, wishes.tls13_suites) == 1, "TLS 1.3 suites");
  if (limited) keep_allowed(context, allowed);
  const tls_versions spoken = spoken_versions(context);
  check_tls_setting(spoken.tls12 || spoken.tls13, "ciphers of TLS 1.2 or later: none of those known here is left");
}

struct free_tls {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* connection) const { SSL_free(connection); }
};
using context_ptr = std::unique_ptr<SSL_CTX, free_tls>;
using connection_ptr = std::unique_ptr<SSL, free_tls>;

// A context of which all but the groups and the security level is as OpenSSL would have it without a policy.
context_ptr with_system_groups(const SSL_METHOD* method) {
  context_ptr made(SSL_CTX_new(method));
  check_tls_setting(made != nullptr && SSL_CTX_set_cipher_list(made.get(), "ECDHE") == 1 &&
                        SSL_CTX_set_ciphersuites(made.get(), TLS_DEFAULT_CIPHERSUITES) == 1 &&
                        SSL_CTX_set_min_proto_version(made.get(), TLS1_2_VERSION) == 1 &&
                        SSL_CTX_set_max_proto_version(made.get(), 0) == 1,
                    "groups");
  SSL_CTX_clear_options(made.get(), SSL_OP_NO_TLSv1_2 | SSL_OP_NO_TLSv1_3);
  return made;
}

// The groups of an SSL_CTX cannot be asked for. So a client of the system's policy says hello to a server of ours,
// which knows what they share: as NIDs, the server's best first. Nothing comes of the handshake, for want of a
// certificate.
std::vector<int> shared_groups(const char* wished) {
  const context_ptr theirs = with_system_groups(TLS_client_method());
  const context_ptr ours = with_system_groups(TLS_server_method());
  check_tls_setting(SSL_CTX_set1_groups_list(ours.get(), wished) == 1, "groups");
  SSL_CTX_set_options(ours.get(), SSL_OP_CIPHER_SERVER_PREFERENCE);
  const connection_ptr client(SSL_new(theirs.get()));
  const connection_ptr server(SSL_new(ours.get()));
  BIO* const hello = BIO_new(BIO_s_mem());
  BIO* const answer = BIO_new(BIO_s_mem());
  check_tls_setting(
      client && server && hello != nullptr && answer != nullptr && BIO_up_ref(hello) == 1 && BIO_up_ref(answer) == 1,
      "groups");
  SSL_set_bio(client.get(), answer, hello);
  SSL_set_bio(server.get(), hello, answer);
  SSL_connect(client.get());
  SSL_accept(server.get());
  ERR_clear_error();
  std::vector<int> shared(static_cast<std::size_t>(std::max(0L, SSL_get_shared_group(server.get(), -1))));
  for (std::size_t i = 0; i < shared.size(); ++i)
    shared[i] = static_cast<int>(SSL_get_shared_group(server.get(), static_cast<int>(i)));
  return shared;
}

void choose_groups(SSL_CTX* context, const char* wished, bool limited) {
  check_tls_setting(SSL_CTX_set1_groups_list(context, wished) == 1, "groups");
  if (!limited) return;
  std::vector<int> both = shared_groups(wished);
  check_tls_setting(!both.empty(), "groups: none of those known here is left");
  check_tls_setting(SSL_CTX_set1_groups(context, both.data(), static_cast<int>(both.size())) == 1, "groups");
}

}  // namespace

void check_tls_setting(bool done, const char* setting) {
  if (done) return;
  const char* const why = ERR_reason_error_string(ERR_get_error());
  throw std::runtime_error(std::string("TLS setting refused by OpenSSL, or by its configuration (openssl.cnf): ") +
                           setting + (why != nullptr ? std::string(": ") + why : ""));
}

void apply_tls_wishes(SSL_CTX* context, const tls_wishes& wishes) {
  static const system_policy system = read_system_policy();  // Once, as OpenSSL reads it.
  const int lowest = std::max<int>(TLS1_2_VERSION, static_cast<int>(SSL_CTX_get_min_proto_version(context)));
  const auto highest = static_cast<int>(SSL_CTX_get_max_proto_version(context));  // 0: whatever there is.
  check_tls_setting((highest == 0 || highest >= lowest) && SSL_CTX_set_min_proto_version(context, lowest) == 1,
                    "TLS 1.2 or later");
  SSL_CTX_set_security_level(context, std::max(security_level, SSL_CTX_get_security_level(context)));
  choose_ciphers(context, wishes, system.ciphers);
  choose_groups(context, wishes.groups, system.groups);
}

tls_versions spoken_versions(SSL_CTX* context) {
  const connection_ptr probe(SSL_new(context));
  check_tls_setting(probe != nullptr, "connection");
  STACK_OF(SSL_CIPHER)* const usable = SSL_get1_supported_ciphers(probe.get());
  tls_versions spoken;
  for (int i = 0; i < sk_SSL_CIPHER_num(usable); ++i)
    (is_of_tls13(sk_SSL_CIPHER_value(usable, i)) ? spoken.tls13 : spoken.tls12) = true;
  sk_SSL_CIPHER_free(usable);
  return spoken;
}

}  // namespace trawl
