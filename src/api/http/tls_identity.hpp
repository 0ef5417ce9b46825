// What the listener of the API shows who it is by: a certificate and its key, from two files, read again while it runs.
// Belongs to one loop. Not thread-safe.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>
#include <vector>

namespace trawl {

class tls_identity {
 public:
  /// Takes what the files have (PEM; the certificate first, then those above it) in place of what there was. Otherwise
  /// what is wrong, and all stays as it was. Connections that are open keep what they began with.
  [[nodiscard]] std::vector<std::string> read(const std::string& certificate_file, const std::string& key_file);
  [[nodiscard]] bool ready() const { return context_ != nullptr; }
  /// For a client that was accepted; the caller owns it. Null when there is no memory. Needs ready().
  [[nodiscard]] SSL* new_connection() const;

 private:
  struct free_context {
    void operator()(SSL_CTX* context) const;
  };
  std::unique_ptr<SSL_CTX, free_context> context_;
};

}  // namespace trawl
