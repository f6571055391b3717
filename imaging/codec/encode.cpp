#include "imaging/codec/encode.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>

#include "imaging/codec/output.hpp"
#include "imaging/codec/preprocess.hpp"
#include "imaging/codec/savers.hpp"

namespace dip::pixels {
namespace {

constexpr std::uint32_t preview_side = 240;
constexpr size_t preview_bytes = 20'000;

VImage on_white(const VImage& image) {
  if (!image.has_alpha()) return image;
  return image.flatten(VImage::option()->set("background", std::vector<double>{255, 255, 255}));
}

// Held in memory, as one piece. Owns what it shows.
class encoded {
public:
  encoded(const VImage& image, const output_plan& how) : target_(vips::VTarget::new_to_memory()) {
    save(image, how, target_);
    g_object_get(target_.get_target(), "blob", &blob_, nullptr);
  }
  encoded(const encoded&) = delete;
  encoded& operator=(const encoded&) = delete;
  ~encoded() {
    if (blob_ != nullptr) vips_area_unref(VIPS_AREA(blob_));
  }
  [[nodiscard]] std::string_view bytes() const {
    return {static_cast<const char*>(VIPS_AREA(blob_)->data), VIPS_AREA(blob_)->length};
  }

private:
  vips::VTarget target_;
  VipsBlob* blob_ = nullptr;
};

// The highest quality up to the one asked for whose file fits.
void save_within(const VImage& image, output_plan how, int out) {
  std::uint32_t low = 1, high = how.quality;
  std::unique_ptr<encoded> best;
  while (low <= high) {
    auto tried = std::make_unique<encoded>(image, how);
    if (tried->bytes().size() <= how.max_bytes) {
      best = std::move(tried);
      low = how.quality + 1;
    } else {
      high = how.quality - 1;
    }
    how.quality = (low + high) / 2;
  }
  if (!best)
    throw refusal{errc::invalid_operation, "the output \"" + how.name + "\" is larger than max_bytes, " +
                                               std::to_string(how.max_bytes) + ", at any quality"};
  write_all(out, best->bytes());
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

codec::facts encode(const std::vector<VImage>& frames, const carried& beside, const output_plan& how,
                    int out) {
  const auto& spec = spec_of(how.format);
  const bool moving = spec.has_frames && frames.size() > 1;
  auto facts = facts_of(frames.front());
  facts.pages = moving ? static_cast<std::uint32_t>(frames.size()) : 1;
  facts.has_alpha = facts.has_alpha && spec.has_alpha;
  auto image = moving ? as_animation(frames, beside) : frames.front();
  if (!spec.has_alpha) image = on_white(image);
  image = with_metadata(image, beside.metadata, how.metadata);
  if (how.max_bytes > 0)
    save_within(image.copy_memory(), how, out);
  else
    save(image, how, vips::VTarget::new_to_descriptor(out));
  return facts;
}

codec::facts encode_preview(const VImage& image, int out) {
  const auto small = small_copy(image);
  output_plan how;
  auto bytes = std::make_unique<encoded>(small, how);
  while (bytes->bytes().size() > preview_bytes && how.quality > 10) {
    how.quality -= 10;
    bytes = std::make_unique<encoded>(small, how);
  }
  write_all(out, bytes->bytes());
  return facts_of(small);
}

}  // namespace dip::pixels
