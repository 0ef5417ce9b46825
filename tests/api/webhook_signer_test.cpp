#include "api/service/webhook_signer.hpp"

#include <doctest/doctest.h>

using namespace trawl;

TEST_CASE("webhook_signer: the example of the Standard Webhooks specification") {
  // [api 2.36]
  webhook_signer signer;
  REQUIRE(signer.read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").empty());
  CHECK(signer.has_secret());
  CHECK(signer.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, R"({"test": 2432232314})") ==
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST_CASE("webhook_signer: several secrets are several signatures, in their order") {
  // [api 2.36]
  const std::string one = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const std::string two = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
  webhook_signer first, second, both;
  REQUIRE(first.read(one).empty());
  REQUIRE(second.read(two).empty());
  REQUIRE(both.read("# keys\r\n\r\n " + one + " \r\n" + two).empty());
  CHECK(both.sign("a", 1, "b") == first.sign("a", 1, "b") + " " + second.sign("a", 1, "b"));
}

TEST_CASE("webhook_signer: a file that holds no secret is refused, and what it says is not repeated") {
  // [api 5.33]
  for (const char* wrong : {"", "\n# nothing\n", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_AAECAwQF",
                            "whsec_not base64, but long enough to be", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS"}) {
    webhook_signer signer;
    CHECK_FALSE(signer.read(wrong).empty());
    CHECK(signer.read(wrong).find("MfKQ") == std::string::npos);
  }
  webhook_signer signer;
  CHECK(signer.read("# a\nx").starts_with("line 2: "));
}
