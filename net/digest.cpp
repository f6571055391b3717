#include "net/digest.hpp"

#include <array>
#include <cerrno>
#include <memory>
#include <stdexcept>
#include <vector>

#include <openssl/evp.h>
#include <unistd.h>

namespace dip::net {
namespace {

class sha256 {
public:
  sha256() {
    if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1)
      throw std::runtime_error("OpenSSL has no SHA-256");
  }
  void add(const char* bytes, size_t count) { EVP_DigestUpdate(context_.get(), bytes, count); }
  std::string hex() {
    std::array<unsigned char, 32> sum{};
    EVP_DigestFinal_ex(context_.get(), sum.data(), nullptr);
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (const unsigned char byte : sum) {
      out += digits[byte >> 4];
      out += digits[byte & 15];
    }
    return out;
  }

private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
};

}  // namespace

std::string sha256_of(std::string_view bytes) {
  sha256 sum;
  sum.add(bytes.data(), bytes.size());
  return sum.hex();
}

std::optional<std::string> sha256_of_file(int fd) {
  sha256 sum;
  std::vector<char> piece(size_t{256} * 1024);
  for (off_t at = 0;;) {
    const ssize_t got = ::pread(fd, piece.data(), piece.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) return sum.hex();
    sum.add(piece.data(), static_cast<size_t>(got));
    at += got;
  }
}

}  // namespace dip::net
