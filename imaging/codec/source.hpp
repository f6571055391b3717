// Files as images: the bytes mapped, the loader forced.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/image_format.hpp"
#include "imaging/codec/library.hpp"

namespace dip::pixels {

// The whole file behind a descriptor, mapped. Must outlive the images that are loaded from it.
class mapped_file {
public:
  explicit mapped_file(int fd);  // throws `refusal`: `invalid_image` when it is empty, `io`
  mapped_file(const mapped_file&) = delete;
  mapped_file& operator=(const mapped_file&) = delete;
  ~mapped_file();

  [[nodiscard]] void* data() const { return data_; }
  [[nodiscard]] size_t size() const { return size_; }

private:
  void* data_ = nullptr;
  size_t size_ = 0;
};

enum class reading { once_from_the_top, anywhere };

struct decoding {
  reading how = reading::once_from_the_top;
  std::uint32_t shrink = 1;  // the decoder's own, where it has one
  double scale = 1;          // of a drawing
  bool all_frames = false;   // below each other; else `page`
  std::uint32_t page = 0;
};

// Opens lazily with exactly the loader of `format`; throws `refusal` when there is none.
[[nodiscard]] VImage open_image(const mapped_file& file, image_format format, const decoding& how = {});

// Whether this libvips has the loader, and the encoder.
[[nodiscard]] bool can_read(image_format format);
[[nodiscard]] bool can_write(image_format format);

}  // namespace dip::pixels
