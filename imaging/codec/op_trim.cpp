#include <algorithm>

#include "core/operation_table.hpp"
#include "imaging/codec/canvas.hpp"
#include "imaging/codec/operations.hpp"

namespace dip::pixels {
namespace {

struct box {
  int left = 0, top = 0, width = 0, height = 0;

  [[nodiscard]] bool empty() const { return width == 0 || height == 0; }
};

box around(box a, box b) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  const int left = std::min(a.left, b.left), top = std::min(a.top, b.top);
  return {left, top, std::max(a.left + a.width, b.left + b.width) - left,
          std::max(a.top + a.height, b.top + b.height) - top};
}

box differing(const VImage& image, const std::vector<double>& background, double threshold) {
  box found;
  found.left = image.find_trim(&found.top, &found.width, &found.height,
                               VImage::option()->set("threshold", threshold)->set("background", background));
  return found;
}

// Where the corner can be seen through, its colour means nothing.
box content(const VImage& image, double threshold) {
  auto corner = image.getpoint(0, 0);
  if (!image.has_alpha()) return differing(image, corner, threshold);
  const double alpha = corner.back();
  corner.pop_back();
  const auto solid = differing(image.extract_band(image.bands() - 1), {alpha}, threshold);
  return alpha == 0 ? solid : around(solid, differing(without_alpha(image), corner, threshold));
}

}  // namespace

frame_work make_trim(std::span<const VImage> frames, const operation& op) {
  const double threshold = number_param(op, "threshold", 10);
  box kept;
  for (const auto& frame : frames) kept = around(kept, content(frame, threshold));
  return [kept](const VImage& frame) {
    const bool whole = kept.width == frame.width() && kept.height == frame.height();
    return kept.empty() || whole ? frame : frame.extract_area(kept.left, kept.top, kept.width, kept.height);
  };
}

}  // namespace dip::pixels
