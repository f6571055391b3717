#include "imaging/codec/source.hpp"

#include <algorithm>
#include <array>
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

namespace {

using vips::VOption;
using buffer_loader = VImage (*)(VipsBlob*, VOption*);

struct codec_names {
  image_format format;
  const char* loader;
  buffer_loader load;
  const char* saver;  // none: never written here
};

constexpr std::array names{
    codec_names{image_format::jpeg, "jpegload_buffer", VImage::jpegload_buffer, "jpegsave_target"},
    codec_names{image_format::png, "pngload_buffer", VImage::pngload_buffer, "pngsave_target"},
    codec_names{image_format::webp, "webpload_buffer", VImage::webpload_buffer, "webpsave_target"},
    codec_names{image_format::gif, "gifload_buffer", VImage::gifload_buffer, "gifsave_target"},
    codec_names{image_format::tiff, "tiffload_buffer", VImage::tiffload_buffer, "tiffsave_target"},
    codec_names{image_format::avif, "heifload_buffer", VImage::heifload_buffer, "heifsave_target"},
    codec_names{image_format::svg, "svgload_buffer", VImage::svgload_buffer, nullptr},
    codec_names{image_format::heic, "heifload_buffer", VImage::heifload_buffer, nullptr},
    codec_names{image_format::jxl, "jxlload_buffer", VImage::jxlload_buffer, "jxlsave_target"},
    codec_names{image_format::pdf, "pdfload_buffer", VImage::pdfload_buffer, nullptr},
};

const codec_names& names_of(image_format format) {
  const auto* found = std::ranges::find(names, format, &codec_names::format);
  if (found == names.end()) throw refusal{errc::unsupported_media, "no such format"};
  return *found;
}

bool has(const char* operation) {
  return operation != nullptr && vips_type_find("VipsOperation", operation) != 0;
}

void add_decoding(VOption* options, image_format format, const decoding& how) {
  const auto& spec = spec_of(format);
  if (format == image_format::jpeg) options->set("shrink", static_cast<int>(how.shrink));
  if (spec.is_vector) options->set("scale", how.scale);
  if (spec.has_frames && how.all_frames) options->set("n", -1);
  if (how.page > 0) options->set("page", static_cast<int>(how.page));
}

}  // namespace

bool can_read(image_format format) {
#ifndef DIP_VIPS_READS_HEIC
  // The prebuilt one has libheif for AVIF alone.
  if (format == image_format::heic) return false;
#endif
  return has(names_of(format).loader);
}

bool can_write(image_format format) { return spec_of(format).writable && has(names_of(format).saver); }

VImage open_image(const mapped_file& file, image_format format, const decoding& how) {
  if (!can_read(format)) throw refusal{errc::unsupported_media, "no loader for this format"};
  auto* options =
      VImage::option()
          ->set("access", how.how == reading::anywhere ? VIPS_ACCESS_RANDOM : VIPS_ACCESS_SEQUENTIAL)
          ->set("fail_on", VIPS_FAIL_ON_ERROR);
  add_decoding(options, format, how);
  auto* bytes = vips_blob_new(nullptr, file.data(), file.size());
  const std::unique_ptr<VipsBlob, void (*)(VipsBlob*)> held{
      bytes, [](VipsBlob* blob) { vips_area_unref(VIPS_AREA(blob)); }};
  return names_of(format).load(bytes, options);
}

}  // namespace dip::pixels
