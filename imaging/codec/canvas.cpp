#include "imaging/codec/canvas.hpp"

#include <charconv>

namespace dip::pixels {
namespace {

double channel(std::string_view digits) {
  unsigned value = 0;
  const auto [end, bad] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (bad != std::errc{} || end != digits.data() + digits.size())
    throw refusal{errc::invalid_operation, "not a colour"};
  return digits.size() == 1 ? value * 17 : value;
}

bool names(std::string_view position, std::string_view compass, std::string_view side) {
  return position == side || position.find(compass) != position.npos;
}

int along(int outer, int inner, int margin, bool start, bool end) {
  if (start) return margin;
  if (end) return outer - inner - margin;
  return (outer - inner) / 2;
}

}  // namespace

std::vector<double> parse_colour(std::string_view text) {
  if (text == "transparent") return {0, 0, 0, 0};
  if (!text.starts_with('#')) throw refusal{errc::invalid_operation, "not a colour"};
  text.remove_prefix(1);
  const size_t digits = text.size() <= 4 ? 1 : 2;
  const size_t count = text.size() / digits;
  if (text.size() % digits != 0 || count < 3 || count > 4)
    throw refusal{errc::invalid_operation, "not a colour"};
  std::vector<double> channels;
  for (size_t i = 0; i < count; ++i) channels.push_back(channel(text.substr(i * digits, digits)));
  channels.resize(4, 255);
  return channels;
}

place place_in(const VImage& outer, int width, int height, std::string_view position, int margin) {
  return {
      along(outer.width(), width, margin, names(position, "west", "left"), names(position, "east", "right")),
      along(outer.height(), height, margin, names(position, "north", "top"),
            names(position, "south", "bottom"))};
}

VImage with_alpha(const VImage& image) { return image.has_alpha() ? image : image.bandjoin_const({255}); }

VImage without_alpha(const VImage& image) {
  if (!image.has_alpha()) return image;
  return image.extract_band(0, VImage::option()->set("n", image.bands() - 1));
}

VImage padded(const VImage& image, place at, int width, int height, std::vector<double> colour) {
  const bool see_through = colour[3] < 255 || image.has_alpha();
  if (!see_through) colour.pop_back();
  const auto base = see_through ? with_alpha(image) : image;
  return base.embed(at.x, at.y, width, height,
                    VImage::option()->set("extend", VIPS_EXTEND_BACKGROUND)->set("background", colour));
}

VImage faded(const VImage& image, double opacity) {
  if (opacity >= 1) return image;
  const auto solid = with_alpha(image);
  const auto alpha = solid.extract_band(solid.bands() - 1).linear(opacity, 0).cast(VIPS_FORMAT_UCHAR);
  return without_alpha(solid).bandjoin(alpha).copy(
      VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
}

VImage lay_over(const VImage& base, const VImage& top, place at) {
  auto both = base.composite2(with_alpha(top), VIPS_BLEND_MODE_OVER,
                              VImage::option()->set("x", at.x)->set("y", at.y));
  if (!base.has_alpha()) both = without_alpha(both);
  return both.format() == VIPS_FORMAT_UCHAR ? both : both.cast(VIPS_FORMAT_UCHAR);
}

}  // namespace dip::pixels
