// What several operations need: colours, places, alpha.
#pragma once

#include <string_view>
#include <vector>

#include "imaging/codec/alpha.hpp"
#include "imaging/codec/library.hpp"

namespace dip::pixels {

// Red, green, blue, alpha, 0 to 255, of "#rgb", "#rgba", "#rrggbb", "#rrggbbaa" or "transparent".
[[nodiscard]] std::vector<double> parse_colour(std::string_view text);

struct place {
  int x = 0;
  int y = 0;
};
// Where something of `width` × `height` lies in `outer` for a position of the operation table, `margin` away
// from the edges that it names.
[[nodiscard]] place place_in(const VImage& outer, int width, int height, std::string_view position,
                             int margin = 0);

[[nodiscard]] VImage with_alpha(const VImage& image);
[[nodiscard]] VImage without_alpha(const VImage& image);

// `work` on the colour bands, the alpha carried past it.
template <class F>
[[nodiscard]] VImage on_colours(const VImage& image, F&& work) {
  if (!image.has_alpha()) return work(image);
  return work(without_alpha(image)).bandjoin(image.extract_band(image.bands() - 1));
}

// `work` on pixels with their alpha multiplied in: for whatever mixes neighbours.
template <class F>
[[nodiscard]] VImage on_premultiplied(const VImage& image, F&& work) {
  if (!image.has_alpha()) return work(image);
  return unpremultiplied(work(premultiplied(image)));
}

// `image` at a place of a canvas of `width` × `height` and a colour of `parse_colour`. Has alpha if the image
// or the colour has.
[[nodiscard]] VImage padded(const VImage& image, place at, int width, int height, std::vector<double> colour);

// `image` multiplied by `opacity`, 0 to 1, in its alpha.
[[nodiscard]] VImage faded(const VImage& image, double opacity);

// `top` over `base`; the result has alpha only if `base` has.
[[nodiscard]] VImage lay_over(const VImage& base, const VImage& top, place at);

}  // namespace dip::pixels
