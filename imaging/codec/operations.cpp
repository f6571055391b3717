#include "imaging/codec/operations.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace dip::pixels {
namespace {

// What a step does with the pixels around one. Two that mix neighbours, evaluated as one pipeline, compute
// the same regions again and again: the pixels are put into memory between them.
enum class reach { point, area, overlay };

struct step {
  std::string_view name;
  VImage (*work)(const VImage&, const operation&);
  reach reaches;
};

constexpr std::array steps{
    step{"resize", do_resize, reach::area},      step{"crop", do_crop, reach::point},
    step{"rotate", do_rotate, reach::area},      step{"flip", do_flip, reach::point},
    step{"flop", do_flop, reach::point},         step{"grayscale", do_grayscale, reach::point},
    step{"blur", do_blur, reach::area},          step{"sharpen", do_sharpen, reach::area},
    step{"modulate", do_modulate, reach::point}, step{"text", do_text, reach::overlay},
    step{"watermark", nullptr, reach::overlay},
};

const step& find_step(std::string_view name) {
  const auto* it = std::ranges::find(steps, name, &step::name);
  if (it == steps.end()) throw refusal{errc::invalid_operation, "no such operation"};
  return *it;
}

}  // namespace

VImage apply(VImage image, std::span<const operation> operations, std::span<const watermark> watermarks) {
  bool mixed = false;
  for (const auto& op : operations) {
    const auto& how = find_step(op.op);
    if (how.reaches != reach::point && std::exchange(mixed, false)) image = image.copy_memory();
    auto next = how.work == nullptr ? do_watermark(image, op, watermarks) : how.work(image, op);
    mixed = mixed || (how.reaches == reach::area && next.get_image() != image.get_image());
    image = std::move(next);
  }
  return image;
}

}  // namespace dip::pixels
