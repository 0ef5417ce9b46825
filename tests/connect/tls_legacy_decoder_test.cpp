// A program of its own: the decoder is for a whole process, in which X509_sign() then fails for keys that
// are older, and a server cannot do RSA key exchange any more (OpenSSL 3.0.22).
#include "connect/tls_legacy_decoder.hpp"

#include <openssl/crypto.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "connect/full_handshakes.hpp"

using namespace trawl;
using namespace std::string_literals;

namespace {

/// First the decoder, then the keys.
struct decoder {
  const bool on = use_legacy_key_decoder();
};
struct decoded_handshakes : decoder, test::full_handshakes {};

std::string number(std::size_t value, int octets) {
  std::string text;
  for (int shift = (octets - 1) * 8; shift >= 0; shift -= 8) text += static_cast<char>(value >> shift);
  return text;
}

/// RFC 8446 4.1.3: X25519 with this share, for a client that sent `session_id`.
std::string server_hello(std::string_view session_id, std::string_view share) {
  const std::string versions = "\x00\x2b\x00\x02\x03\x04"s;
  const std::string shares = "\x00\x33"s + number(share.size() + 4, 2) + "\x00\x1d"s + number(share.size(), 2);
  std::string hello = "\x03\x03" + std::string(32, 'r') + number(session_id.size(), 1) + std::string(session_id);
  hello += "\x13\x01\x00"s + number(versions.size() + shares.size() + share.size(), 2);
  hello += versions + shares + std::string(share);
  const std::string handshake = "\x02" + number(hello.size(), 3) + hello;
  return "\x16\x03\x03" + number(handshake.size(), 2) + handshake;
}

void answer_with(int descriptor, std::string_view share) {
  constexpr std::size_t session_id_at = 43;  // Behind record, handshake, version and random.
  std::array<char, 4096> got{};
  if (::recv(descriptor, got.data(), got.size(), 0) < 100) return;
  const auto length = static_cast<unsigned char>(got[session_id_at]);
  const std::string answer = server_hello({got.data() + session_id_at + 1, length}, share);
  static_cast<void>(::send(descriptor, answer.data(), answer.size(), MSG_NOSIGNAL));
  ::shutdown(descriptor, SHUT_WR);
  while (::recv(descriptor, got.data(), got.size(), 0) > 0) continue;
}

}  // namespace

TEST_CASE_FIXTURE(decoded_handshakes,
                  "tls_legacy_decoder: alone and with the cache, the same is accepted and refused") {
  CHECK(on == (OpenSSL_version_num() < 0x30200000L));
  CHECK(use_legacy_key_decoder() == on);
  everything();
  CHECK(warm.verifications().hits() == 6);
}

TEST_CASE_FIXTURE(decoded_handshakes, "tls_legacy_decoder: a share that leaves no secret is refused (RFC 7748 6.1)") {
  const auto met_with = [this](const std::string& share) {
    test::raw_server server([&share](int descriptor) { answer_with(descriptor, share); });
    return talk({.port = server.port()}).failed.value_or(failure{}).code;
  };
  const std::string zeros(31, '\0');
  CHECK(met_with('\0' + zeros) == errc::tls_protocol_error);
  CHECK(met_with('\1' + zeros) == errc::tls_protocol_error);
  CHECK(met_with(zeros) == errc::tls_protocol_error);              // Too short.
  CHECK(met_with('\x09' + zeros) == errc::connection_terminated);  // A good one: then nothing more comes.
}
