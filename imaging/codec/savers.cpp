#include "imaging/codec/savers.hpp"

#include <algorithm>

#include "imaging/codec/source.hpp"

namespace dip::pixels {
namespace {

using vips::VOption;

int quality_of(const output_plan& how) { return static_cast<int>(std::clamp(how.quality, 1U, 100U)); }

// Ours is 0 to 6, which the encoder's own scale is stretched over.
int effort_of(const output_plan& how, int least, int most) {
  const int ours = static_cast<int>(std::min(how.effort, 6U));
  return least + (ours * (most - least) + 3) / 6;
}

VOption* common(const output_plan& how) {
  return VImage::option()->set("strip", how.metadata == metadata_policy::strip);
}

VOption* jpeg(const output_plan& how) {
  return common(how)
      ->set("Q", quality_of(how))
      ->set("interlace", how.progressive)
      ->set("optimize_coding", true);
}

VOption* png(const output_plan& how) {
  return common(how)
      ->set("compression", static_cast<int>(std::min(how.effort, 9U)))
      ->set("interlace", how.progressive);
}

VOption* webp(const output_plan& how) {
  return common(how)
      ->set("Q", quality_of(how))
      ->set("lossless", how.lossless)
      ->set("effort", effort_of(how, 0, 6));
}

VOption* gif(const output_plan& how) {
  return common(how)->set("effort", effort_of(how, 1, 10))->set("interlace", how.progressive);
}

VOption* tiff(const output_plan& how) {
  return common(how)
      ->set("compression", VIPS_FOREIGN_TIFF_COMPRESSION_DEFLATE)
      ->set("predictor", VIPS_FOREIGN_TIFF_PREDICTOR_HORIZONTAL);
}

VOption* avif(const output_plan& how) {
  return common(how)
      ->set("Q", quality_of(how))
      ->set("lossless", how.lossless)
      ->set("effort", effort_of(how, 0, 6))
      ->set("bitdepth", 8)
      ->set("compression", VIPS_FOREIGN_HEIF_COMPRESSION_AV1);
}

VOption* jxl(const output_plan& how) {
  return common(how)
      ->set("Q", quality_of(how))
      ->set("lossless", how.lossless)
      ->set("effort", effort_of(how, 1, 9));
}

}  // namespace

void save(const VImage& image, const output_plan& how, const vips::VTarget& target) {
  if (!can_write(how.format)) throw refusal{errc::unsupported_media, "no encoder for this format"};
  switch (how.format) {
    case image_format::jpeg: return image.jpegsave_target(target, jpeg(how));
    case image_format::png: return image.pngsave_target(target, png(how));
    case image_format::webp: return image.webpsave_target(target, webp(how));
    case image_format::gif: return image.gifsave_target(target, gif(how));
    case image_format::tiff: return image.tiffsave_target(target, tiff(how));
    case image_format::avif: return image.heifsave_target(target, avif(how));
    case image_format::jxl: return image.jxlsave_target(target, jxl(how));
    default: throw refusal{errc::unsupported_media, "no encoder for this format"};
  }
}

}  // namespace dip::pixels
