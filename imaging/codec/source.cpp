#include "imaging/codec/source.hpp"

#include <memory>

#include <sys/mman.h>
#include <sys/stat.h>

namespace dip::pixels {

mapped_file::mapped_file(int fd) {
  struct stat about{};
  if (::fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) throw refusal{errc::io, "the input is not a file"};
  if (about.st_size <= 0) throw refusal{errc::invalid_image, "the file is empty"};
  size_ = static_cast<size_t>(about.st_size);
  data_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd, 0);
  if (data_ == MAP_FAILED) throw refusal{errc::io, "the input cannot be mapped"};
}

mapped_file::~mapped_file() { ::munmap(data_, size_); }

VImage open_image(const mapped_file& file, image_format format, reading how, std::uint32_t shrink) {
  auto* options = VImage::option()
                      ->set("access", how == reading::anywhere ? VIPS_ACCESS_RANDOM : VIPS_ACCESS_SEQUENTIAL)
                      ->set("fail_on", VIPS_FAIL_ON_ERROR);
  auto* bytes = vips_blob_new(nullptr, file.data(), file.size());
  const std::unique_ptr<VipsBlob, void (*)(VipsBlob*)> held{
      bytes, [](VipsBlob* blob) { vips_area_unref(VIPS_AREA(blob)); }};
  switch (format) {
    case image_format::jpeg:
      return VImage::jpegload_buffer(bytes, options->set("shrink", static_cast<int>(shrink)));
    case image_format::png: return VImage::pngload_buffer(bytes, options);
    case image_format::webp: return VImage::webpload_buffer(bytes, options->set("scale", 1.0 / shrink));
    case image_format::tiff: return VImage::tiffload_buffer(bytes, options);
    default: delete options; throw refusal{errc::unsupported_media, "no loader for this format"};
  }
}

}  // namespace dip::pixels
