#include "core/plan.hpp"

#include <algorithm>

#include "core/chain_walk.hpp"
#include "core/config.hpp"
#include "core/geometry.hpp"
#include "core/operation_table.hpp"

namespace dip {
namespace {

image_format format_of(const output_spec& spec, const image_header& header) {
  if (spec.format) return *spec.format;
  if (spec_of(header.format).writable) return header.format;
  return header.has_alpha ? image_format::png : image_format::jpeg;
}

// A setting that a named format lacks was refused by the parser; here the format may have been left to the
// input, and what it lacks does not count.
output_plan settings_of(const output_spec& spec, const image_header& header) {
  output_plan out;
  out.name = spec.name;
  out.format = format_of(spec, header);
  const auto& format = spec_of(out.format);
  if (format.has_quality) out.quality = spec.quality.value_or(out.quality);
  out.effort = format.has_effort ? std::clamp<std::uint32_t>(spec.effort.value_or(format.default_effort),
                                                             format.min_effort, format.max_effort)
                                 : format.default_effort;
  out.lossless = format.has_lossless && spec.lossless;
  out.progressive = format.has_progressive && spec.progressive;
  return out;
}

// Where the fit neither cuts nor adds, the size alone says what the resize does.
void make_exact(operation& op, image_size size) {
  const auto* spec = find_operation(op.op);
  const bool cuts = has_param(op, "width") && has_param(op, "height") &&
                    (text_param(op, "fit") == "cover" || text_param(op, "fit") == "contain");
  if (cuts) return;
  for (size_t i = 0; i < spec->params.size(); ++i) {
    if (spec->params[i].name == "width") op.params[i] = std::int64_t{size.width};
    if (spec->params[i].name == "height") op.params[i] = std::int64_t{size.height};
    if (spec->params[i].name == "fit") op.params[i] = std::string{"fill"};
  }
}

// The whole powers of two that libjpeg's inverse DCT can leave out while `need` is still there (T.81, A.3.3:
// blocks of 8). It costs nothing, so that what is left for the resampler is at most a factor of 2 a side.
std::uint32_t decoder_shrink(const image_header& header, image_size need) {
  if (header.format != image_format::jpeg) return 1;
  for (const std::uint32_t factor : {8U, 4U, 2U})
    if (std::uint64_t{need.width} * factor <= header.upright_width() &&
        std::uint64_t{need.height} * factor <= header.upright_height())
      return factor;
  return 1;
}

bool needs_conversion(const image_header& header) {
  return header.has_profile || header.bits > 8 || header.colour == image_header::colour_kind::cmyk ||
         header.colour == image_header::colour_kind::other;
}

// In CPU time of decoding one pixel of a baseline JPEG (bench/micro).
std::uint64_t decode_cost(const image_header& header, std::uint32_t shrink) {
  const auto pixels = std::uint64_t{header.width} * header.height;
  switch (header.format) {
    case image_format::jpeg:
      return pixels * (header.interlaced ? 4 : 1) - (shrink > 1 && !header.interlaced ? pixels / 3 : 0);
    case image_format::png: return pixels * (header.interlaced ? 6 : 3) * (header.bits > 8 ? 2 : 1);
    default: return pixels * 4;
  }
}

std::uint64_t encode_cost(const output_plan& out, image_size size) {
  switch (out.format) {
    case image_format::jpeg: return size.pixels() * (out.progressive ? 6 : 3);
    case image_format::png: return size.pixels() * (6 + 2 * std::uint64_t{out.effort});
    default: return size.pixels() * (out.lossless ? 80 : 8 + 3 * std::uint64_t{out.effort});
  }
}

output_plan plan_output(const recipe& what, const output_spec& spec, const image_header& header,
                        const walked& steps) {
  auto out = settings_of(spec, header);
  out.operations = what.operations;
  out.operations.insert(out.operations.end(), spec.operations.begin(), spec.operations.end());
  if (steps.early_resize) make_exact(out.operations[*steps.early_resize], steps.resized);
  return out;
}

}  // namespace

result<void> check_header(const image_header& header, const limits_config& limits) {
  const auto pixels = std::uint64_t{header.width} * header.height;
  const auto pages = std::max<std::uint64_t>(header.pages, 1);
  if (pixels == 0) return fail(errc::invalid_image, "the image has no pixels");
  if (pixels > limits.pixels)
    return fail(errc::too_many_pixels, "the image has " + std::to_string(pixels) + " pixels; " +
                                           std::to_string(limits.pixels) + " are allowed");
  if (pages > limits.frames)
    return fail(errc::too_many_pixels, "the image has " + std::to_string(pages) + " frames; " +
                                           std::to_string(limits.frames) + " are allowed");
  if (pixels > limits.pixels_total / pages)
    return fail(errc::too_many_pixels, "the frames have " + std::to_string(pixels) + " pixels each; " +
                                           std::to_string(limits.pixels_total) + " are allowed in all");
  return {};
}

result<job_plan> make_plan(const image_header& header, const recipe& what, const limits_config& limits) {
  if (auto fine = check_header(header, limits); !fine) return tl::make_unexpected(std::move(fine.error()));
  const auto from = size_inside({header.upright_width(), header.upright_height()}, what.max_width.value_or(0),
                                what.max_height.value_or(0));
  job_plan plan;
  image_size need;
  for (size_t i = 0; i < what.outputs.size(); ++i) {
    const auto& spec = what.outputs[i];
    const auto max_side = std::min(limits.side, spec_of(format_of(spec, header)).max_side);
    auto steps = walk(from, {what.operations, spec.operations, i}, max_side, limits);
    if (!steps) return tl::make_unexpected(std::move(steps.error()));
    need = {std::max(need.width, steps->need.width), std::max(need.height, steps->need.height)};
    plan.outputs.push_back(plan_output(what, spec, header, *steps));
    plan.cost += steps->cost + encode_cost(plan.outputs.back(), steps->end);
  }
  plan.preprocess = {decoder_shrink(header, need), need.width, need.height, needs_conversion(header)};
  plan.cost += decode_cost(header, plan.preprocess.shrink) + 2 * need.pixels();
  return plan;
}

}  // namespace dip
