#include "net/digest.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fcntl.h>
#include <unistd.h>

#include "tests/support/scratch_dir.hpp"

using namespace dip;

TEST_CASE("SHA-256 is that of FIPS 180-4, of bytes and of files") {
  const std::string abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  CHECK(net::sha256_of("abc") == abc);
  CHECK(net::sha256_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const test::scratch_dir dir;
  const int fd = ::open(dir.write("file", "abc").c_str(), O_RDONLY);
  CHECK(net::sha256_of_file(fd) == abc);
  CHECK(net::sha256_of_file(fd) == abc);
  ::close(fd);
  const int large = ::open(dir.write("large", std::string(1'000'000, 'a')).c_str(), O_RDONLY);
  CHECK(net::sha256_of_file(large) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  ::close(large);
  CHECK_FALSE(net::sha256_of_file(-1));
}
