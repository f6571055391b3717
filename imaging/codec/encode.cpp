#include "imaging/codec/encode.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <memory>
#include <system_error>

#include <unistd.h>

#include "imaging/codec/preprocess.hpp"

namespace dip::pixels {
namespace {

constexpr std::uint32_t preview_side = 240;
constexpr size_t preview_bytes = 20'000;

VImage on_white(const VImage& image) {
  if (!image.has_alpha()) return image;
  return image.flatten(VImage::option()->set("background", std::vector<double>{255, 255, 255}));
}

int quality_of(const output_plan& how) { return static_cast<int>(std::clamp(how.quality, 1U, 100U)); }
int effort_of(const output_plan& how, std::uint32_t most) {
  return static_cast<int>(std::min(how.effort, most));
}

vips::VOption* jpeg_options(int quality, bool progressive) {
  return VImage::option()
      ->set("Q", quality)
      ->set("interlace", progressive)
      ->set("optimize_coding", true)
      ->set("strip", true);
}

vips::VOption* webp_options(const output_plan& how) {
  return VImage::option()
      ->set("Q", quality_of(how))
      ->set("lossless", how.lossless)
      ->set("effort", effort_of(how, 6))
      ->set("strip", true);
}

vips::VOption* png_options(const output_plan& how) {
  return VImage::option()
      ->set("compression", effort_of(how, 9))
      ->set("interlace", how.progressive)
      ->set("strip", true);
}

void write_all(int out, const void* data, size_t size) {
  const auto* bytes = static_cast<const char*>(data);
  for (size_t done = 0; done < size;) {
    const auto count = ::write(out, bytes + done, size - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const int number = errno;
      throw refusal{number == ENOSPC || number == EDQUOT ? errc::disk_full : errc::io,
                    std::generic_category().message(number)};
    }
    done += static_cast<size_t>(count);
  }
}

using blob = std::unique_ptr<VipsBlob, void (*)(VipsBlob*)>;

blob small_jpeg(const VImage& image, int quality) {
  return {image.jpegsave_buffer(jpeg_options(quality, false)),
          [](VipsBlob* b) { vips_area_unref(VIPS_AREA(b)); }};
}

VImage small_copy(const VImage& image) {
  const auto now = facts_of(image);
  const double by = std::min(1.0, static_cast<double>(preview_side) / std::max(now.width, now.height));
  const auto side = [by](std::uint32_t length) {
    return static_cast<std::uint32_t>(std::max(1L, std::lround(length * by)));
  };
  return on_white(scale_to(image, side(now.width), side(now.height))).copy_memory();
}

}  // namespace

codec::facts encode(const VImage& image, const output_plan& how, int out) {
  const auto target = vips::VTarget::new_to_descriptor(out);
  switch (how.format) {
    case image_format::jpeg: {
      const auto flat = on_white(image);
      flat.jpegsave_target(target, jpeg_options(quality_of(how), how.progressive));
      return facts_of(flat);
    }
    case image_format::webp: image.webpsave_target(target, webp_options(how)); break;
    case image_format::png: image.pngsave_target(target, png_options(how)); break;
    default: throw refusal{errc::unsupported_media, "no encoder for this format"};
  }
  return facts_of(image);
}

codec::facts encode_preview(const VImage& image, int out) {
  const auto small = small_copy(image);
  int quality = 80;
  auto bytes = small_jpeg(small, quality);
  while (VIPS_AREA(bytes.get())->length > preview_bytes && quality > 10)
    bytes = small_jpeg(small, quality -= 10);
  write_all(out, VIPS_AREA(bytes.get())->data, VIPS_AREA(bytes.get())->length);
  return facts_of(small);
}

}  // namespace dip::pixels
