#include "core/chain_walk.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/config.hpp"
#include "core/operation_table.hpp"

namespace dip {
namespace {

// CPU time of a step, in that of decoding one pixel of a baseline JPEG (bench/micro).
constexpr std::array<std::pair<std::string_view, std::uint64_t>, 11> weights{{
    {"resize", 2},
    {"crop", 0},
    {"rotate", 4},
    {"flip", 1},
    {"flop", 1},
    {"grayscale", 2},
    {"blur", 4},
    {"sharpen", 12},
    {"modulate", 12},
    {"text", 2},
    {"watermark", 4},
}};

std::uint64_t weight_of(std::string_view op) {
  for (const auto& [name, weight] : weights)
    if (name == op) return weight;
  return 4;
}

// Whether scaling first and doing `op` after it gives what the order of the request does.
bool commutes_with_scaling(const operation& op) {
  if (op.op == "rotate") return quarter_turn(number_param(op, "angle")) >= 0;
  return op.op == "flip" || op.op == "flop" || op.op == "grayscale" || op.op == "modulate";
}

bool swaps_sides(const operation& op) {
  return op.op == "rotate" && quarter_turn(number_param(op, "angle")) % 180 == 90;
}

bool shrinks(image_size from, image_size to) { return to.width <= from.width && to.height <= from.height; }

bool crop_fits(image_size in, const operation& op) {
  return integer_param(op, "x") + integer_param(op, "width") <= in.width &&
         integer_param(op, "y") + integer_param(op, "height") <= in.height;
}

image_size crop_size(const operation& op) {
  return {static_cast<std::uint32_t>(integer_param(op, "width")),
          static_cast<std::uint32_t>(integer_param(op, "height"))};
}

std::string text_of(image_size size) {
  return std::to_string(size.width) + " x " + std::to_string(size.height);
}

// The preprocessor resamples with lanczos3: another kernel is left to the step itself.
bool may_be_done_early(const operation& op) { return text_param(op, "kernel") == "lanczos3"; }

class walker {
public:
  walker(image_size from, const chain& steps, const limits_config& limits)
      : steps_(steps), limits_(limits), from_(from), now_(from) {
    out_.need = from;
  }

  result<void> step(size_t index) {
    const auto& op = steps_.at(index);
    if (op.op == "crop" && !crop_fits(now_, op))
      return fail(errc::invalid_operation, "the crop is not inside the image of " + text_of(now_),
                  steps_.pointer(index));
    const auto before = now_;
    auto largest = advance(op, index);
    largest = std::max(largest, now_.pixels());
    if (largest > std::max(limits_.pixels, from_.pixels()))
      return fail(errc::invalid_operation,
                  "this makes an image of more than " + std::to_string(limits_.pixels) + " pixels",
                  steps_.pointer(index));
    if (!(now_ == before)) resizing_step_ = index;
    if (out_.early_resize != index) out_.cost += weight_of(op.op) * std::max(before.pixels(), now_.pixels());
    if (!commutes_with_scaling(op)) full_pixels_ = true;
    if (swaps_sides(op)) swapped_ = !swapped_;
    return {};
  }

  result<walked> finish(std::uint32_t max_side) {
    if (std::max(now_.width, now_.height) > max_side) {
      const auto at =
          resizing_step_ ? steps_.pointer(*resizing_step_) : "/outputs/" + std::to_string(steps_.output);
      return fail(errc::invalid_operation,
                  "the output would be " + text_of(now_) + "; a side may have " + std::to_string(max_side) +
                      " pixels",
                  at);
    }
    out_.end = now_;
    return out_;
  }

private:
  // Moves on to the size after `op`; answers the pixels of the largest image in between.
  std::uint64_t advance(const operation& op, size_t index) {
    if (op.op == "crop") now_ = crop_size(op);
    if (op.op == "rotate") now_ = rotated_size(now_, number_param(op, "angle"));
    if (op.op != "resize") return 0;
    const auto steps = resize_geometry(now_, op);
    if (!full_pixels_ && may_be_done_early(op) && shrinks(now_, steps.scaled)) {
      out_.early_resize = index;
      out_.need = swapped_ ? image_size{steps.scaled.height, steps.scaled.width} : steps.scaled;
      out_.resized = steps.canvas;
      out_.cost = 0;  // what came before is done on the smaller image, and is not worth counting
    }
    now_ = steps.canvas;
    return steps.scaled.pixels();
  }

  const chain& steps_;
  const limits_config& limits_;
  image_size from_;
  image_size now_;
  walked out_;
  bool full_pixels_ = false;
  bool swapped_ = false;
  std::optional<size_t> resizing_step_;
};

}  // namespace

std::string chain::pointer(size_t step) const {
  if (step < shared.size()) return "/operations/" + std::to_string(step);
  return "/outputs/" + std::to_string(output) + "/operations/" + std::to_string(step - shared.size());
}

result<walked> walk(image_size from, const chain& steps, std::uint32_t max_side,
                    const limits_config& limits) {
  walker w{from, steps, limits};
  for (size_t i = 0; i < steps.size(); ++i)
    if (auto done = w.step(i); !done) return tl::make_unexpected(std::move(done.error()));
  return w.finish(max_side);
}

}  // namespace dip
