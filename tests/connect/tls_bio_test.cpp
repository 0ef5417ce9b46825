#include "connect/tls_bio.hpp"

#include <doctest/doctest.h>
#include <openssl/bio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>

using namespace trawl;

namespace {

struct connected_wire {
  connected_wire() {
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
    wire.fd = ends[0];
    bio.reset(new_tls_bio(wire));
    REQUIRE(bio);
  }
  connected_wire(const connected_wire&) = delete;
  connected_wire& operator=(const connected_wire&) = delete;
  ~connected_wire() {
    close(ends[0]);
    close(ends[1]);
  }
  void says(std::size_t octets) {
    const std::string text(octets, 'x');
    REQUIRE(send(ends[1], text.data(), text.size(), 0) == static_cast<ssize_t>(octets));
  }
  int read() { return BIO_read(bio.get(), into.data(), static_cast<int>(into.size())); }
  bool says_later() { return BIO_should_retry(bio.get()) != 0; }

  struct free_bio {
    void operator()(BIO* one) const { BIO_free(one); }
  };
  std::array<int, 2> ends{};
  tls_wire wire;
  std::unique_ptr<BIO, free_bio> bio;
  std::array<char, 16384> into{};
};

}  // namespace

TEST_CASE("tls_bio: after 64 KiB at a stretch it says once that there is no more") {
  connected_wire one;
  std::size_t got = 0;
  for (int i = 0; i < 4; ++i) {
    one.says(one.into.size());
    got += static_cast<std::size_t>(one.read());
  }
  CHECK(got == 65536);
  one.says(10);
  CHECK(one.read() == -1);
  CHECK(one.says_later());
  CHECK(one.read() == 10);
  CHECK(one.read() == -1);  // Dry: the next stretch begins.
  CHECK(one.says_later());
  CHECK(one.wire.in_turn == 0);
}

TEST_CASE("tls_bio: output that waits keeps reads away; of a duplex wire, too much of it ends the connection") {
  connected_wire one;
  one.says(10);
  one.wire.out.assign(1000, 'y');
  CHECK(one.read() == -1);
  CHECK(one.says_later());
  one.wire.duplex = true;
  CHECK(one.read() == 10);
  one.says(10);
  one.wire.out.assign((256 << 10) + 1, 'y');
  CHECK(one.read() == -1);
  CHECK_FALSE(one.says_later());
  CHECK(one.wire.error == ENOBUFS);
}

TEST_CASE("tls_bio: of a peer that changed its keys too often nothing more is read") {
  connected_wire one;
  one.says(10);
  one.wire.key_changes = most_key_changes;
  CHECK(one.read() == 10);
  one.says(10);
  one.wire.key_changes = most_key_changes + 1;
  CHECK(one.read() == -1);
  CHECK_FALSE(one.says_later());
  CHECK(one.wire.error == EPROTO);
}
