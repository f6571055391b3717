#include "core/plan.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/config.hpp"
#include "core/geometry.hpp"
#include "core/operation_table.hpp"

namespace dip {
namespace {

constexpr std::uint32_t default_quality = 80;
constexpr std::uint32_t default_effort = 4;

// What one output's first resize scales the image to. Not `proportional` when it squeezes the image.
struct working_need {
  image_size size;
  bool proportional = true;
};

bool is_pointwise(const operation& op) {
  const auto* spec = find_operation(op.op);
  return spec && spec->pointwise;
}

image_size smaller_sides(image_size a, image_size b) {
  return {std::min(a.width, b.width), std::min(a.height, b.height)};
}

// Every step before the first resize must give the same when it is done after it, or the full size is needed.
working_need need_of(const std::vector<operation>& steps, image_size full) {
  bool turned = false;
  for (const auto& op : steps) {
    if (op.op == "resize") {
      const auto seen = turned ? full.swapped() : full;
      const auto scaled = resize_geometry(seen.width, seen.height, op).scaled();
      return {smaller_sides(turned ? scaled.swapped() : scaled, full), text_param(op, "fit") != "fill"};
    }
    if (is_pointwise(op)) continue;
    const auto turns = op.op == "rotate" ? quarter_turns(number_param(op, "angle")) : std::nullopt;
    if (!turns) break;
    turned ^= *turns % 2 == 1;
  }
  return {full, true};
}

image_size larger_sides(const std::vector<working_need>& needs) {
  image_size out;
  for (const auto& need : needs)
    out = {std::max(out.width, need.size.width), std::max(out.height, need.size.height)};
  return out;
}

// A size that serves every output. Where outputs differ it keeps the proportions, which those that are not
// exactly of this size still go by.
image_size working_size(const std::vector<working_need>& needs, image_size full) {
  const auto largest = larger_sides(needs);
  const auto is_largest = [&](const working_need& need) { return need.size == largest; };
  if (std::ranges::all_of(needs, is_largest)) return largest;
  if (std::ranges::all_of(needs, &working_need::proportional) && std::ranges::any_of(needs, is_largest))
    return largest;
  const auto by_width = fit_inside(full, largest.width, std::nullopt);
  return by_width.covers(largest) ? by_width : fit_inside(full, std::nullopt, largest.height);
}

std::uint32_t decoder_shrink(image_format format, image_size full, image_size needed) {
  if (format != image_format::jpeg) return 1;
  for (const std::uint32_t shrink : {8U, 4U, 2U}) {
    const image_size decoded{(full.width + shrink - 1) / shrink, (full.height + shrink - 1) / shrink};
    if (decoded.covers(needed)) return shrink;
  }
  return 1;
}

bool needs_conversion(const image_header& header) {
  return header.has_profile || header.colour == image_header::colour_kind::cmyk || header.bits > 8;
}

image_format format_for(const image_header& header) {
  if (spec_of(header.format).writable) return header.format;
  return header.has_alpha ? image_format::webp : image_format::jpeg;
}

output_plan plan_output(const output_spec& asked, const image_header& header, std::vector<operation> steps) {
  const auto format = asked.format.value_or(format_for(header));
  const auto& spec = spec_of(format);
  return {.name = asked.name,
          .format = format,
          .quality = asked.quality.value_or(default_quality),
          .effort = asked.effort.value_or(default_effort),
          .lossless = asked.lossless && spec.has_lossless,
          .progressive = asked.progressive && spec.has_progressive,
          .operations = std::move(steps)};
}

// Follows one output's image through its steps; what cannot be done is refused at the step's own pointer.
class walk {
public:
  walk(image_size start, const limits_config& limits) : size_(start), limits_(limits) {}

  result<void> step(const operation& op, const std::string& pointer) {
    if (op.op == "resize") return resize(op, pointer);
    if (op.op == "crop") return crop(op, pointer);
    if (op.op == "trim") exact_ = false;
    if (op.op == "extend") return become(extend_geometry(size_, op), pointer);
    if (op.op == "rotate") return become(rotate_geometry(size_, number_param(op, "angle")), pointer);
    return {};
  }

  // `pointer` is the output's own, for an image that no step changed the size of.
  result<image_size> finish(const std::string& pointer) const {
    if (exact_ && (size_.width > limits_.side || size_.height > limits_.side))
      return fail(errc::invalid_operation,
                  "the output would be larger than " + std::to_string(limits_.side) + " pixels a side",
                  sized_by_.empty() ? pointer : sized_by_);
    return size_;
  }

private:
  result<void> resize(const operation& op, const std::string& pointer) {
    const auto by = resize_geometry(size_.width, size_.height, op);
    if (auto scaled = become(by.scaled(), pointer); !scaled) return scaled;
    // Also where nothing changes here: the preprocessor has scaled to what this step asks for.
    sized_by_ = pointer;
    return become(by.out(), pointer);
  }

  result<void> crop(const operation& op, const std::string& pointer) {
    const auto width = integer_param(op, "width"), height = integer_param(op, "height");
    if (!exact_) return {};
    if (integer_param(op, "x") + width > size_.width || integer_param(op, "y") + height > size_.height)
      return fail(errc::invalid_operation,
                  "the area is not inside of the image, which is " + std::to_string(size_.width) + " x " +
                      std::to_string(size_.height) + " pixels here",
                  pointer);
    return become({static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height)}, pointer);
  }

  result<void> become(image_size next, const std::string& pointer) {
    if (exact_ && next.pixels() > limits_.pixels)
      return fail(errc::invalid_operation,
                  "the image would have more than " + std::to_string(limits_.pixels) + " pixels here",
                  pointer);
    if (next != size_) sized_by_ = pointer;
    size_ = next;
    return {};
  }

  image_size size_;
  // Only the pixels say what a trim leaves: from there on `size_` is a guess, and the child checks.
  bool exact_ = true;
  const limits_config& limits_;
  std::string sized_by_;
};

std::string step_pointer(size_t step, size_t shared, const std::string& output) {
  return step < shared ? "/operations/" + std::to_string(step)
                       : output + "/operations/" + std::to_string(step - shared);
}

result<image_size> output_size(const std::vector<operation>& steps, size_t shared, const std::string& output,
                               image_size start, const limits_config& limits) {
  walk image{start, limits};
  for (size_t i = 0; i < steps.size(); ++i)
    if (auto done = image.step(steps[i], step_pointer(i, shared, output)); !done)
      return tl::make_unexpected(done.error());
  return image.finish(output);
}

std::uint64_t decode_weight(const image_header& header) {
  const std::uint64_t weight = header.format == image_format::jpeg ? 1 : 2;
  return header.interlaced ? 4 * weight : weight;
}

std::uint64_t encode_weight(const output_plan& output) {
  switch (output.format) {
    case image_format::jpeg: return 1;
    case image_format::png: return 4;
    default: return output.lossless ? 12 : 6;
  }
}

std::vector<operation> joined(const std::vector<operation>& shared, const std::vector<operation>& own) {
  auto all = shared;
  all.insert(all.end(), own.begin(), own.end());
  return all;
}

preprocess_plan plan_preprocess(const image_header& header, const recipe& what,
                                const std::vector<output_plan>& outputs) {
  const image_size upright{header.upright_width(), header.upright_height()};
  const auto full = fit_inside(upright, what.max_width, what.max_height);
  std::vector<working_need> needs;
  for (const auto& output : outputs) needs.push_back(need_of(output.operations, full));
  const auto size = working_size(needs, full);
  return {.shrink = decoder_shrink(header.format, upright, size),
          .width = size.width,
          .height = size.height,
          .convert_colour = needs_conversion(header)};
}

}  // namespace

result<void> check_header(const image_header& header, const limits_config& limits) {
  if (header.width == 0 || header.height == 0 || header.pages == 0)
    return fail(errc::invalid_image, "the image has no pixels");
  if (header.pages > limits.frames)
    return fail(errc::too_many_pixels, "more than " + std::to_string(limits.frames) + " frames");
  const auto frame = std::uint64_t{header.width} * header.height;
  if (frame > limits.pixels)
    return fail(errc::too_many_pixels, "more than " + std::to_string(limits.pixels) + " pixels");
  // Divided, as the product may not fit where the limits are set high.
  if (frame > limits.pixels_total / header.pages)
    return fail(errc::too_many_pixels,
                "more than " + std::to_string(limits.pixels_total) + " pixels in all frames");
  return {};
}

result<job_plan> make_plan(const image_header& header, const recipe& what, const limits_config& limits) {
  if (auto accepted = check_header(header, limits); !accepted) return tl::make_unexpected(accepted.error());
  job_plan plan;
  for (const auto& asked : what.outputs)
    plan.outputs.push_back(plan_output(asked, header, joined(what.operations, asked.operations)));
  plan.preprocess = plan_preprocess(header, what, plan.outputs);

  const image_size start{plan.preprocess.width, plan.preprocess.height};
  plan.cost = std::uint64_t{header.width} * header.height * decode_weight(header) / plan.preprocess.shrink;
  for (size_t i = 0; i < plan.outputs.size(); ++i) {
    const auto size = output_size(plan.outputs[i].operations, what.operations.size(),
                                  "/outputs/" + std::to_string(i), start, limits);
    if (!size) return tl::make_unexpected(size.error());
    plan.cost += size->pixels() * encode_weight(plan.outputs[i]);
  }
  return plan;
}

}  // namespace dip
