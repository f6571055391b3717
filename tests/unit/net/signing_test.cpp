#include "net/signing.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace dip;

TEST_CASE("HMAC-SHA256 gives RFC 4231's values") {
  // Test case 2.
  CHECK(net::encode_base64(net::hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=");
  // Test case 6: a key longer than a block.
  CHECK(net::encode_base64(net::hmac_sha256(std::string(131, '\xaa'),
                                            "Test Using Larger Than Block-Size Key - Hash Key First")) ==
        "YOQxWR7gtn8Niiaqy/W3f44LxiE3KMUUBUYEDw7jf1Q=");
}

TEST_CASE("base64 is RFC 4648's, and nothing else is taken for it") {
  for (const auto& [plain, coded] :
       {std::pair{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}}) {
    CHECK(net::encode_base64(plain) == coded);
    CHECK(net::decode_base64(coded) == plain);
  }
  for (const char* bad :
       {"Zg", "Zg=", "Zh==", "Zm9v\n", " Zm9v", "Zm9v====", "Z===", "====", "Zm-_", "Zm 9v"}) {
    CAPTURE(bad);
    CHECK_FALSE(net::decode_base64(bad));
  }
}
