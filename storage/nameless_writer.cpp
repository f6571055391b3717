#include <cerrno>
#include <utility>

#include <unistd.h>

#include "storage/object_bytes.hpp"

namespace dip {

nameless_writer::nameless_writer(file_descriptor file, checksum sum)
    : file_(std::move(file)), sum_(sum), digest_(make_digest(sum)) {}

result<void> nameless_writer::write(std::string_view bytes) {
  if (!digest_) return fail(errc::internal, "a sealed object cannot be written to");
  while (!bytes.empty()) {
    // At a place of our own: a child that shares the descriptor moves its offset.
    const auto n = ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(seen_));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("cannot write an object file", errno);
    digest_->add(bytes.substr(0, static_cast<size_t>(n)));
    seen_ += static_cast<std::uint64_t>(n);
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

std::uint64_t nameless_writer::size() const { return size_of(file_.get()).value_or(seen_); }

result<object_writer::written> nameless_writer::seal() {
  if (sealed_) return *sealed_;
  const auto own = std::exchange(digest_, nullptr);
  const auto size = size_of(file_.get());
  if (!size)
    sealed_ = tl::unexpected(size.error());
  else
    sealed_ = *size == seen_ ? own->finish() : digest_of(file_.get(), sum_);
  return *sealed_;
}

result<object_writer::written> nameless_writer::finish() {
  if (std::exchange(finished_, true)) return fail(errc::internal, "an object can be committed once");
  return seal();
}

}  // namespace dip
