// The plan of a request: made once, from the image's header and the recipe, when the request is accepted.
// Pure; docs/architecture.md, "Pixels", says why it is so.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/errc.hpp"
#include "core/geometry.hpp"
#include "core/image_format.hpp"
#include "core/recipe.hpp"

namespace dip {

struct limits_config;

// What the preprocessor does: decode at `shrink`, turn upright, scale to width × height, sRGB, strip, store.
struct preprocess_plan {
  std::uint32_t shrink = 1;  // of the decoder itself: 1, 2, 4 or 8; at least what is needed stays
  std::uint32_t width = 0;   // of the preprocessed file, upright: what the recipe can use and no more
  std::uint32_t height = 0;
  bool convert_colour = false;  // there is a profile, CMYK or 16 bits to convert; after the downscale
  bool all_frames = false;      // else the first
  metadata_policy metadata = metadata_policy::strip;  // what some output keeps; the profile with `keep`
  // The one to decode. The header, and so `width` and `height`, is the first one's: what of another size is
  // there covers them.
  std::uint32_t page = 0;

  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.shrink, s.width, s.height, s.convert_colour, s.all_frames, s.metadata, s.page);
  }
  bool operator==(const preprocess_plan&) const = default;
};

struct output_plan {
  std::string name;
  image_format format = image_format::jpeg;
  std::uint32_t quality = 80;
  std::uint32_t effort = 4;
  bool lossless = false;
  bool progressive = false;
  std::vector<operation> operations;  // the request's, then the output's own
  std::uint32_t max_bytes = 0;        // 0: no bound
  metadata_policy metadata = metadata_policy::strip;

  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.name, s.format, s.quality, s.effort, s.lossless, s.progressive, s.operations, s.max_bytes,
             s.metadata);
  }
  bool operator==(const output_plan&) const = default;
};

struct job_plan {
  preprocess_plan preprocess;
  std::vector<output_plan> outputs;
  // Predicted of both stages, in pixels decoded, worked on and encoded, weighted by format and operation:
  // about 5 ns each on one core.
  std::uint64_t cost = 0;
  std::uint64_t longer_stage = 0;  // of it, what the stage that takes longer takes
  std::uint64_t memory = 0;        // predicted of the stage that needs more: bytes, the child's own not in it

  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.preprocess, s.outputs, s.cost, s.longer_stage, s.memory);
  }
  bool operator==(const job_plan&) const = default;
};

// Errors: `too_many_pixels` (the header is over the limits), `invalid_operation` with the pointer of the step
// that cannot be done on such an image (a crop outside of it, an output side over limits.side, a page that is
// not there).
[[nodiscard]] result<job_plan> make_plan(const image_header& header, const recipe& what,
                                         const limits_config& limits);

// Whether a child may be asked for it: `too_many_pixels` when a stage is predicted to take longer than
// `timeout`, or more memory than `limits` gives a child. Where a prediction errs it is on the image's side.
[[nodiscard]] result<void> check_prediction(const job_plan& plan, const limits_config& limits,
                                            milliseconds timeout);

// A job predicted to keep a core busy so long that many small ones would wait for it: at most half of a
// node's workers take such at a time.
inline constexpr std::uint64_t slow_cost = 400'000'000;
[[nodiscard]] inline bool is_slow(const job_plan& plan) { return plan.cost >= slow_cost; }

// How far the decoder of `format` itself may shrink an image of `full` so that `needed` is still there: 1, 2,
// 4 or 8.
[[nodiscard]] std::uint32_t decoder_shrink(image_format format, image_size full, image_size needed);

// Whether an image may be accepted at all: limits.pixels a frame, in all, and limits.frames.
[[nodiscard]] result<void> check_header(const image_header& header, const limits_config& limits);

}  // namespace dip
