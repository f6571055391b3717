#include "core/plan.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/config.hpp"
#include "core/geometry.hpp"
#include "core/operation_table.hpp"
#include "core/prediction.hpp"

namespace dip {
namespace {

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

// A drawing is drawn as large as it is asked for, so its first resize always may enlarge it.
void let_enlarge(std::vector<operation>& steps) {
  const auto first = std::ranges::find(steps, "resize", &operation::op);
  if (first == steps.end()) return;
  const auto params = find_operation("resize")->params;
  const auto enlarge = std::ranges::find(params, "enlarge", &param_spec::name) - params.begin();
  if (static_cast<size_t>(enlarge) < first->params.size()) first->params[static_cast<size_t>(enlarge)] = true;
}

// Every step before the first resize must give the same when it is done after it, or the full size is needed.
working_need need_of(const std::vector<operation>& steps, image_size full, bool vector) {
  bool turned = false;
  for (const auto& op : steps) {
    if (op.op == "resize") {
      const auto seen = turned ? full.swapped() : full;
      const auto scaled = resize_geometry(seen.width, seen.height, op).scaled();
      const auto needed = turned ? scaled.swapped() : scaled;
      return {vector ? needed : smaller_sides(needed, full), text_param(op, "fit") != "fill"};
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
  if (spec_of(header.format).is_vector) let_enlarge(steps);
  return {.name = asked.name,
          .format = format,
          .quality = asked.quality.value_or(spec.quality),
          .effort = asked.effort.value_or(spec.effort),
          .lossless = asked.lossless && spec.has_lossless,
          .progressive = asked.progressive && spec.has_progressive,
          .operations = std::move(steps),
          .max_bytes = asked.max_bytes.value_or(0),
          .metadata = asked.metadata};
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
  result<void> finish(const std::string& pointer) const {
    if (exact_ && (size_.width > limits_.side || size_.height > limits_.side))
      return fail(errc::invalid_operation,
                  "the output would be larger than " + std::to_string(limits_.side) + " pixels a side",
                  sized_by_.empty() ? pointer : sized_by_);
    return {};
  }

  [[nodiscard]] image_size size() const { return size_; }

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

// As the image goes through the steps: `start`, and after each of them.
result<std::vector<image_size>> sizes_of(const std::vector<operation>& steps, size_t shared,
                                         const std::string& output, image_size start,
                                         const limits_config& limits) {
  walk image{start, limits};
  std::vector<image_size> sizes{start};
  for (size_t i = 0; i < steps.size(); ++i) {
    if (auto done = image.step(steps[i], step_pointer(i, shared, output)); !done)
      return tl::make_unexpected(done.error());
    sizes.push_back(image.size());
  }
  if (auto fits = image.finish(output); !fits) return tl::make_unexpected(fits.error());
  return sizes;
}

bool moves(const image_header& header, const recipe& what, const output_plan& output) {
  return !what.page && header.pages > 1 && spec_of(header.format).has_frames &&
         spec_of(output.format).has_frames;
}

// The widest that some output asks for.
metadata_policy widest(const std::vector<output_plan>& outputs) {
  const auto asks = [&](metadata_policy policy) {
    return std::ranges::find(outputs, policy, &output_plan::metadata) != outputs.end();
  };
  if (asks(metadata_policy::keep)) return metadata_policy::keep;
  return asks(metadata_policy::copyright) ? metadata_policy::copyright : metadata_policy::strip;
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
  const bool vector = spec_of(header.format).is_vector;
  for (const auto& output : outputs) needs.push_back(need_of(output.operations, full, vector));
  const auto size = working_size(needs, full);
  return {.shrink = decoder_shrink(header.format, upright, size),
          .width = size.width,
          .height = size.height,
          .convert_colour = needs_conversion(header),
          .all_frames =
              std::ranges::any_of(outputs, [&](const auto& output) { return moves(header, what, output); }),
          .metadata = widest(outputs),
          .page = what.page.value_or(0)};
}

}  // namespace

std::uint32_t decoder_shrink(image_format format, image_size full, image_size needed) {
  if (format != image_format::jpeg) return 1;
  for (const std::uint32_t shrink : {8U, 4U, 2U}) {
    const image_size decoded{(full.width + shrink - 1) / shrink, (full.height + shrink - 1) / shrink};
    if (decoded.covers(needed)) return shrink;
  }
  return 1;
}

result<void> check_header(const image_header& header, const limits_config& limits) {
  if (header.width == 0 || header.height == 0 || header.pages == 0)
    return fail(errc::invalid_image, "the image has no pixels");
  // Of a document only one page is ever read.
  if (spec_of(header.format).has_frames && header.pages > limits.frames)
    return fail(errc::too_many_pixels, "more than " + std::to_string(limits.frames) + " frames");
  const auto frame = std::uint64_t{header.width} * header.height;
  if (frame > limits.pixels)
    return fail(errc::too_many_pixels, "more than " + std::to_string(limits.pixels) + " pixels");
  // Divided, as the product may not fit where the limits are set high.
  if (spec_of(header.format).has_frames && frame > limits.pixels_total / header.pages)
    return fail(errc::too_many_pixels,
                "more than " + std::to_string(limits.pixels_total) + " pixels in all frames");
  return {};
}

result<job_plan> make_plan(const image_header& header, const recipe& what, const limits_config& limits) {
  if (auto accepted = check_header(header, limits); !accepted) return tl::make_unexpected(accepted.error());
  if (what.page && *what.page >= header.pages)
    return fail(errc::invalid_operation,
                "the last page is " + std::to_string(header.pages - 1) + ": they are counted from 0",
                "/preprocess/page");
  job_plan plan;
  for (const auto& asked : what.outputs)
    plan.outputs.push_back(plan_output(asked, header, joined(what.operations, asked.operations)));
  for (size_t i = 0; i < plan.outputs.size(); ++i)
    if (plan.outputs[i].max_bytes > 0 && !spec_of(plan.outputs[i].format).has_quality)
      return fail(errc::invalid_operation,
                  std::string{spec_of(plan.outputs[i].format).name} + " has no quality to lower",
                  "/outputs/" + std::to_string(i) + "/max_bytes");
  plan.preprocess = plan_preprocess(header, what, plan.outputs);

  prediction predicted{header, plan.preprocess};
  const image_size start{plan.preprocess.width, plan.preprocess.height};
  for (size_t i = 0; i < plan.outputs.size(); ++i) {
    const auto& output = plan.outputs[i];
    const auto sizes =
        sizes_of(output.operations, what.operations.size(), "/outputs/" + std::to_string(i), start, limits);
    if (!sizes) return tl::make_unexpected(sizes.error());
    predicted.add(output, *sizes, moves(header, what, output) ? header.pages : 1);
  }
  plan.cost = predicted.cost();
  plan.longer_stage = predicted.longer_stage();
  plan.memory = predicted.memory();
  return plan;
}

}  // namespace dip
