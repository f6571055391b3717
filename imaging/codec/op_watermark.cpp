#include <algorithm>
#include <cmath>

#include "core/operation_table.hpp"
#include "imaging/codec/canvas.hpp"
#include "imaging/codec/operations.hpp"
#include "imaging/codec/preprocess.hpp"

namespace dip::pixels {
namespace {

const VImage& find_mark(std::span<const watermark> watermarks, std::string_view key) {
  const auto it = std::ranges::find(watermarks, key, &watermark::key);
  if (it == watermarks.end())
    throw refusal{errc::invalid_operation, "the watermark's file was not handed in"};
  return it->image;
}

// As wide as asked, and never taller than the image.
VImage fitted(const VImage& mark, const VImage& image, double scale) {
  double by = image.width() * scale / mark.width();
  by = std::min(by, static_cast<double>(image.height()) / mark.height());
  const auto side = [by](int now) { return static_cast<std::uint32_t>(std::max(1.0, std::round(now * by))); };
  return scale_to(mark, side(mark.width()), side(mark.height()));
}

VImage tiled(const VImage& mark, const VImage& image, int margin) {
  const int width = mark.width() + margin;
  const int height = mark.height() + margin;
  const auto tile = mark.embed(margin, margin, width, height);
  return tile.replicate(image.width() / width + 1, image.height() / height + 1)
      .extract_area(0, 0, image.width(), image.height());
}

}  // namespace

frame_work make_watermark(std::span<const VImage> frames, const operation& op,
                          std::span<const watermark> watermarks) {
  const double opacity = number_param(op, "opacity", 1);
  if (opacity == 0) return [](const VImage& frame) { return frame; };
  const auto& first = frames.front();
  const auto& original = find_mark(watermarks, text_param(op, "file"));
  const auto margin = static_cast<int>(integer_param(op, "margin"));
  // Held in memory: `composite` asks for pieces of it again and again.
  const auto mark =
      faded(with_alpha(fitted(original, first, number_param(op, "scale", 0.25))), opacity).copy_memory();
  if (bool_param(op, "tile"))
    return [laid = tiled(mark, first, margin)](const VImage& frame) { return lay_over(frame, laid, {}); };
  const auto at = place_in(first, mark.width(), mark.height(), text_param(op, "position"), margin);
  return [=](const VImage& frame) { return lay_over(frame, mark, at); };
}

}  // namespace dip::pixels
