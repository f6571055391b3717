#include <algorithm>
#include <memory>

#include "core/operation_table.hpp"
#include "imaging/codec/canvas.hpp"
#include "imaging/codec/operations.hpp"

namespace dip::pixels {
namespace {

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == text.npos; }

// The words as a mask. Pango would read markup in them, and they are a stranger's.
VImage draw(const VImage& image, const operation& op) {
  const std::unique_ptr<char, void (*)(void*)> escaped{
      g_markup_escape_text(text_param(op, "text").data(), static_cast<gssize>(text_param(op, "text").size())),
      g_free};
  const auto font = std::string{text_param(op, "font")} + ' ' + std::to_string(number_param(op, "size", 32));
  const auto margin = static_cast<int>(integer_param(op, "margin"));
  // At 72 dots per inch a point is a pixel.
  return VImage::text(escaped.get(), VImage::option()
                                         ->set("font", font.c_str())
                                         ->set("dpi", 72)
                                         ->set("width", std::max(1, image.width() - 2 * margin))
                                         ->set("wrap", VIPS_TEXT_WRAP_WORD_CHAR));
}

}  // namespace

VImage do_text(const VImage& image, const operation& op) {
  const double opacity = number_param(op, "opacity", 1);
  if (opacity == 0 || is_blank(text_param(op, "text"))) return image;
  const auto colour = parse_colour(text_param(op, "color"));
  const auto mask = draw(image, op);
  const auto letters = mask.new_from_image({colour[0], colour[1], colour[2]})
                           .bandjoin(mask.linear(opacity * colour[3] / 255, 0))
                           .cast(VIPS_FORMAT_UCHAR)
                           .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
  const auto margin = static_cast<int>(integer_param(op, "margin"));
  return lay_over(image, letters,
                  place_in(image, mask.width(), mask.height(), text_param(op, "position"), margin));
}

}  // namespace dip::pixels
