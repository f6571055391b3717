#include "core/prediction.hpp"

#include <algorithm>
#include <string>

#include "core/config.hpp"
#include "core/operation_table.hpp"

namespace dip {
namespace {

// How often a quality is tried that fits `max_bytes`.
constexpr std::uint64_t searches = 7;

// What a child has mapped before it sees an image: libraries, heap, stacks.
constexpr std::uint64_t own_memory = 64 * mebibyte;

constexpr double nanoseconds = 5;  // of a unit of cost

std::uint64_t decode_weight(const image_header& header) {
  using enum image_format;
  std::uint64_t weight = 2;
  if (header.format == jpeg || header.format == tiff) weight = 1;
  if (header.format == avif || header.format == heic || header.format == jxl) weight = 6;
  if (spec_of(header.format).is_vector) weight = 6;
  return header.interlaced ? 4 * weight : weight;
}

// Bytes that a decoder holds of each pixel of a frame; what reads line by line holds next to nothing.
std::uint64_t decoder_bytes(const image_header& header) {
  using enum image_format;
  switch (header.format) {
    case jpeg:
    case png: return header.interlaced ? 3 : 0;
    case webp:
    case gif: return 4;
    case avif:
    case heic:
    case jxl: return 14;
    default: return 0;
  }
}

std::uint64_t encode_weight(const output_plan& output) {
  using enum image_format;
  const auto once = [&]() -> std::uint64_t {
    switch (output.format) {
      case jpeg: return 2;
      case tiff:
      case png: return 6;
      case gif: return 50;
      // AV1's speeds: each step of effort is more than twice the work.
      case avif: return 10ULL << std::min(output.effort, 6U);
      default: return output.lossless ? 60 : 10;
    }
  }();
  return output.max_bytes > 0 ? once * searches : once;
}

std::uint64_t encoder_bytes(const output_plan& output) {
  using enum image_format;
  switch (output.format) {
    case jpeg:
    case webp: return output.lossless ? 36 : 6;
    case gif: return 16;
    case avif:
    case jxl: return 24;
    default: return 0;
  }
}

// No neighbourhood is larger than the image.
double step_weight(const operation& op, image_size of_image) {
  const auto* spec = find_operation(op.op);
  if (spec == nullptr) return 0;
  const auto& [base, each, of] = spec->cost;
  if (of.empty()) return base;
  const double most = std::max(of_image.width, of_image.height);
  return base + each * std::min(number_param(op, of), most);
}

std::uint64_t scaled(std::uint64_t pixels, double weight) {
  return static_cast<std::uint64_t>(static_cast<double>(pixels) * weight);
}

}  // namespace

prediction::prediction(const image_header& header, const preprocess_plan& plan) {
  const auto planned = std::uint64_t{plan.width} * plan.height;
  const auto drawn = spec_of(header.format).is_vector ? planned : std::uint64_t{header.width} * header.height;
  const auto frames = std::uint64_t{plan.all_frames ? header.pages : 1};
  bytes_ = header.has_alpha ? 4 : 3;
  decoding_ = drawn * decode_weight(header) / plan.shrink * frames;
  decoder_ = drawn * decoder_bytes(header);
  // Frames are decoded into one tall picture; turning needs all pixels of the smaller one.
  if (frames > 1) decoder_ += drawn * frames * bytes_;
  if (header.orientation > 1) decoder_ += planned * frames * bytes_;
  // The file, and the copy that all outputs start from.
  source_ = 2 * planned * frames * bytes_;
}

void prediction::add(const output_plan& output, const std::vector<image_size>& sizes, std::uint64_t frames) {
  const auto last = sizes.back().pixels() * frames;
  working_ += last * encode_weight(output);
  std::uint64_t most = 0;
  for (size_t i = 0; i < output.operations.size(); ++i) {
    const auto touched = std::max(sizes[i].pixels(), sizes[i + 1].pixels()) * frames;
    working_ += scaled(touched, step_weight(output.operations[i], sizes[i]));
    most = std::max(most, touched * bytes_);
  }
  if (output.max_bytes > 0 || frames > 1) most = std::max(most, last * bytes_);
  worker_ = std::max(worker_, most + last * encoder_bytes(output));
}

std::uint64_t prediction::longer_stage() const { return std::max(decoding_, working_); }
std::uint64_t prediction::memory() const { return std::max(decoder_, source_ + worker_); }

result<void> check_prediction(const job_plan& plan, const limits_config& limits, milliseconds timeout) {
  const auto takes = static_cast<double>(plan.longer_stage) * nanoseconds / 1e6;
  if (takes > static_cast<double>(timeout.count()))
    return fail(errc::too_many_pixels, "it is predicted to take " +
                                           std::to_string(static_cast<std::uint64_t>(takes / 1000)) +
                                           " s, longer than workers.timeout: ask for less at once");
  if (plan.memory + own_memory > limits.memory)
    return fail(errc::too_many_pixels, "it is predicted to need " + std::to_string(plan.memory / mebibyte) +
                                           " MiB, more than limits.memory leaves: ask for less at once");
  return {};
}

}  // namespace dip
