#include "storage/object_bytes.hpp"

#include <array>
#include <cerrno>
#include <new>
#include <system_error>
#include <vector>

#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

namespace dip {
namespace {

constexpr size_t piece = 256 * 1024;

std::string hex(std::span<const unsigned char> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const auto b : bytes) {
    text += digits[b >> 4U];
    text += digits[b & 15U];
  }
  return text;
}

class sha256_digest final : public digest {
public:
  sha256_digest() {
    if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1) throw std::bad_alloc();
  }
  void add(std::string_view bytes) override {
    EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  object_writer::written finish() override {
    std::array<unsigned char, 32> sum{};
    EVP_DigestFinal_ex(context_.get(), sum.data(), nullptr);
    return {.size = size_, .sha256 = hex(sum), .xxh3 = 0};
  }

private:
  struct release {
    void operator()(EVP_MD_CTX* c) const { EVP_MD_CTX_free(c); }
  };
  std::unique_ptr<EVP_MD_CTX, release> context_{EVP_MD_CTX_new()};
  std::uint64_t size_ = 0;
};

class xxh3_digest final : public digest {
public:
  xxh3_digest() {
    if (!state_ || XXH3_64bits_reset(state_.get()) != XXH_OK) throw std::bad_alloc();
  }
  void add(std::string_view bytes) override {
    XXH3_64bits_update(state_.get(), bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  object_writer::written finish() override {
    return {.size = size_, .sha256 = {}, .xxh3 = XXH3_64bits_digest(state_.get())};
  }

private:
  struct release {
    void operator()(XXH3_state_t* s) const { XXH3_freeState(s); }
  };
  std::unique_ptr<XXH3_state_t, release> state_{XXH3_createState()};
  std::uint64_t size_ = 0;
};

class descriptor_reader final : public object_reader {
public:
  descriptor_reader(file_descriptor file, std::uint64_t size) : file_(std::move(file)), size_(size) {}
  std::uint64_t size() const override { return size_; }
  result<size_t> read(std::uint64_t offset, std::span<char> out) override {
    return read_at(file_.get(), offset, out);
  }
  int descriptor() const override { return file_.get(); }

private:
  file_descriptor file_;
  std::uint64_t size_;
};

}  // namespace

file_descriptor::~file_descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

tl::unexpected<error> fail_errno(std::string_view what, int number) {
  const auto full = number == ENOSPC || number == EDQUOT;
  return fail(full ? errc::disk_full : errc::io,
              std::string(what) + ": " + std::generic_category().message(number));
}

result<std::uint64_t> size_of(int fd) {
  struct stat s{};
  if (::fstat(fd, &s) != 0) return fail_errno("cannot look at an object file", errno);
  return static_cast<std::uint64_t>(s.st_size);
}

result<size_t> read_at(int fd, std::uint64_t offset, std::span<char> out) {
  size_t done = 0;
  while (done < out.size()) {
    const auto n = ::pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (n == 0) break;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("cannot read an object file", errno);
    done += static_cast<size_t>(n);
  }
  return done;
}

std::unique_ptr<digest> make_digest(checksum sum) {
  if (sum == checksum::sha256) return std::make_unique<sha256_digest>();
  return std::make_unique<xxh3_digest>();
}

std::string sha256_hex(std::string_view bytes) {
  sha256_digest d;
  d.add(bytes);
  return d.finish().sha256;
}

result<object_writer::written> digest_of(int fd, checksum sum) {
  const auto all = make_digest(sum);
  std::vector<char> buffer(piece);
  for (std::uint64_t offset = 0;;) {
    const auto got = read_at(fd, offset, buffer);
    if (!got) return tl::unexpected(got.error());
    if (*got == 0) return all->finish();
    all->add({buffer.data(), *got});
    offset += *got;
  }
}

namespace {

result<void> check_size(std::uint64_t size, const object_row& row) {
  if (size == row.size) return {};
  return fail(errc::corrupt,
              row.name.key + " has " + std::to_string(size) + " bytes, not " + std::to_string(row.size));
}

}  // namespace

checksum checksum_of(const object_row& row) { return row.sha256.empty() ? checksum::xxh3 : checksum::sha256; }

result<void> check_written(const object_writer::written& w, const object_row& row) {
  if (auto good = check_size(w.size, row); !good) return good;
  const auto same = row.sha256.empty() ? w.xxh3 == row.xxh3 : w.sha256 == row.sha256;
  if (!same) return fail(errc::corrupt, row.name.key + " does not have its checksum");
  return {};
}

result<void> verify_bytes(int fd, const object_row& row) {
  const auto size = size_of(fd);
  if (!size) return tl::unexpected(size.error());
  // A file of another size need not be read.
  if (auto good = check_size(*size, row); !good) return good;
  const auto sum = digest_of(fd, checksum_of(row));
  if (!sum) return tl::unexpected(sum.error());
  return check_written(*sum, row);
}

std::unique_ptr<object_reader> make_reader(file_descriptor file, std::uint64_t size) {
  return std::make_unique<descriptor_reader>(std::move(file), size);
}

}  // namespace dip
