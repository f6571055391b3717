#include <algorithm>
#include <string>

#include "core/operation_table.hpp"
#include "imaging/codec/canvas.hpp"
#include "imaging/codec/operations.hpp"

namespace dip::pixels {
namespace {

bool refused_here = false;

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == text.npos; }

// Pango reads markup, and knows no control characters; the words are a stranger's, and meant literally.
std::string literal(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '\n':
      case '\t': out += c; break;
      default: out += static_cast<unsigned char>(c) < ' ' || c == '\x7f' ? ' ' : c;
    }
  }
  return out;
}

// The words as a mask.
VImage draw(const VImage& image, const operation& op) {
  const auto font = std::string{text_param(op, "font")} + ' ' + std::to_string(number_param(op, "size", 32));
  const auto margin = static_cast<int>(integer_param(op, "margin"));
  // At 72 dots per inch a point is a pixel.
  return VImage::text(literal(text_param(op, "text")).c_str(),
                      VImage::option()
                          ->set("font", font.c_str())
                          ->set("dpi", 72)
                          ->set("width", std::max(1, image.width() - 2 * margin))
                          ->set("wrap", VIPS_TEXT_WRAP_WORD_CHAR));
}

}  // namespace

void refuse_text() { refused_here = true; }

frame_work make_text(std::span<const VImage> frames, const operation& op) {
  const double opacity = number_param(op, "opacity", 1);
  if (opacity == 0 || is_blank(text_param(op, "text"))) return [](const VImage& frame) { return frame; };
  if (refused_here)
    throw refusal{errc::invalid_operation, "text cannot be drawn on this node: its sandbox has no fonts"};
  const auto& first = frames.front();
  const auto colour = parse_colour(text_param(op, "color"));
  const auto mask = draw(first, op);
  const auto letters = mask.new_from_image({colour[0], colour[1], colour[2]})
                           .bandjoin(mask.linear(opacity * colour[3] / 255, 0))
                           .cast(VIPS_FORMAT_UCHAR)
                           .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
  const auto margin = static_cast<int>(integer_param(op, "margin"));
  const auto at = place_in(first, mask.width(), mask.height(), text_param(op, "position"), margin);
  return [=](const VImage& frame) { return lay_over(frame, letters, at); };
}

}  // namespace dip::pixels
