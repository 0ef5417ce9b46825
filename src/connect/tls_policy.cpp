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

// Those of TLS 1.3, or of the versions before, by colon.
std::string names_of(const ciphers& all, bool tls13) {
  std::string names;
  for (const SSL_CIPHER* each : all) {
    const std::string_view name = SSL_CIPHER_get_name(each);
    if (name.starts_with("TLS_") != tls13) continue;
    names.append(names.empty() ? "" : ":").append(name);
  }
  return names;
}

std::string one_or_other(std::string wished, std::string allowed) { return wished.empty() ? allowed : wished; }

// Leaves those of the ciphers that are in `allowed`, too.
void keep_allowed(SSL_CTX* context, const ciphers& allowed) {
  ciphers both = ciphers_of(context);
  std::erase_if(both, [&](const SSL_CIPHER* each) {
    return std::ranges::find(allowed, SSL_CIPHER_get_id(each), SSL_CIPHER_get_id) == allowed.end();
  });
  const std::string older = one_or_other(names_of(both, false), names_of(allowed, false));
  const std::string newer = one_or_other(names_of(both, true), names_of(allowed, true));
  if (!older.empty()) check_tls_setting(SSL_CTX_set_cipher_list(context, older.c_str()) == 1, "ciphers");
  check_tls_setting(SSL_CTX_set_ciphersuites(context, newer.c_str()) == 1, "TLS 1.3 suites");
}

void choose_ciphers(SSL_CTX* context, const tls_wishes& wishes, bool limited) {
  const ciphers allowed = ciphers_of(context);
  check_tls_setting(SSL_CTX_set_cipher_list(context, wishes.tls12_ciphers) == 1, "ciphers");
  if (wishes.tls13_suites != nullptr)
    check_tls_setting(SSL_CTX_set_ciphersuites(context, wishes.tls13_suites) == 1, "TLS 1.3 suites");
  if (limited) keep_allowed(context, allowed);
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
  if (!system.groups) check_tls_setting(SSL_CTX_set1_groups_list(context, wishes.groups) == 1, "groups");
}

}  // namespace trawl
