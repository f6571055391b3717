#include "imaging/codec/operations.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace dip::pixels {
namespace {

// What a step does with the pixels around one. Two that mix neighbours, evaluated as one pipeline, compute
// the same regions again and again: the pixels are put into memory between them.
enum class reach { point, area, overlay };

struct step {
  std::string_view name;
  reach reaches;
  VImage (*work)(const VImage&, const operation&);
  frame_work (*make)(std::span<const VImage>, const operation&) = nullptr;  // instead of `work`
};

constexpr std::array steps{
    step{"resize", reach::area, nullptr, make_resize},
    step{"crop", reach::point, do_crop},
    step{"trim", reach::overlay, nullptr, make_trim},
    step{"extend", reach::point, do_extend},
    step{"rotate", reach::area, do_rotate},
    step{"flip", reach::point, do_flip},
    step{"flop", reach::point, do_flop},
    step{"grayscale", reach::point, do_grayscale},
    step{"sepia", reach::point, do_sepia},
    step{"tint", reach::point, do_tint},
    step{"negate", reach::point, do_negate},
    step{"modulate", reach::point, do_modulate},
    step{"contrast", reach::point, do_contrast},
    step{"gamma", reach::point, do_gamma},
    step{"normalize", reach::overlay, nullptr, make_normalize},
    step{"clahe", reach::area, do_clahe},
    step{"blur", reach::area, do_blur},
    step{"sharpen", reach::area, do_sharpen},
    step{"median", reach::area, do_median},
    step{"pixelate", reach::area, do_pixelate},
    step{"threshold", reach::point, do_threshold},
    step{"edge", reach::area, do_edge},
    step{"emboss", reach::area, do_emboss},
    step{"vignette", reach::point, do_vignette},
    step{"round", reach::point, do_round},
    step{"flatten", reach::point, do_flatten},
    step{"text", reach::overlay, nullptr, make_text},
    step{"watermark", reach::overlay, nullptr, nullptr},
};

const step& find_step(std::string_view name) {
  const auto* it = std::ranges::find(steps, name, &step::name);
  if (it == steps.end()) throw refusal{errc::invalid_operation, "no such operation"};
  return *it;
}

frame_work ready(const step& how, std::span<const VImage> frames, const operation& op,
                 std::span<const watermark> watermarks) {
  if (how.work != nullptr) return [&](const VImage& frame) { return how.work(frame, op); };
  return how.make != nullptr ? how.make(frames, op) : make_watermark(frames, op, watermarks);
}

void check(const VImage& image, const operation& op, const bounds& most) {
  if (std::uint64_t(image.width()) * std::uint64_t(image.height()) > most.pixels)
    throw refusal{errc::invalid_operation,
                  op.op + " would make an image of more than " + std::to_string(most.pixels) + " pixels"};
}

void check_sides(const VImage& image, std::uint32_t most) {
  if (std::uint32_t(image.width()) > most || std::uint32_t(image.height()) > most)
    throw refusal{errc::invalid_operation,
                  "the output would be larger than " + std::to_string(most) + " pixels a side"};
}

void put_into_memory(std::vector<VImage>& frames) {
  for (auto& frame : frames) frame = frame.copy_memory();
}

}  // namespace

std::vector<VImage> apply(std::vector<VImage> frames, std::span<const operation> operations,
                          std::span<const watermark> watermarks, const bounds& most) {
  bool mixed = false;
  for (const auto& op : operations) {
    const auto& how = find_step(op.op);
    if (how.reaches != reach::point && std::exchange(mixed, false)) put_into_memory(frames);
    const auto work = ready(how, frames, op, watermarks);
    for (auto& frame : frames) {
      auto next = work(frame);
      mixed = mixed || (how.reaches == reach::area && next.get_image() != frame.get_image());
      frame = std::move(next);
    }
    check(frames.front(), op, most);
  }
  check_sides(frames.front(), most.side);
  return frames;
}

}  // namespace dip::pixels
