// An image as it goes through the steps: one frame, or those of an animation, and what goes along with it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/plan.hpp"
#include "imaging/codec/library.hpp"

namespace dip::pixels {

// A piece of an image's metadata, under libvips' name.
struct metadata_item {
  std::string name;
  bool text = false;  // else bytes
  std::string value;

  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.name, s.text, s.value);
  }
};

// What the preprocessed file carries beside its pixels (docs/formats.md, "Preprocessed files").
struct carried {
  std::uint32_t frames = 1;          // below each other, of one size
  std::vector<std::int32_t> delays;  // milliseconds; of none or each of the frames
  std::int32_t loop = 0;             // how often an animation is shown; 0: for ever
  std::vector<metadata_item> metadata;

  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.frames, s.delays, s.loop, s.metadata);
  }
};

// `image` as one picture: what libvips knows of its pages is forgotten.
[[nodiscard]] VImage still(const VImage& image);
// `frames` of equal height that lie below each other, each a picture of its own.
[[nodiscard]] std::vector<VImage> split(const VImage& tall, std::uint32_t frames);
[[nodiscard]] VImage joined(const std::vector<VImage>& frames);

// Of all that libvips knows of the image.
[[nodiscard]] std::vector<std::string> field_names(const VImage& image);

// What of `image` must go along for `policy`: of EXIF never how it is to be turned, which has been done, nor
// the thumbnail, which shows what it was. A profile only if `with_profile`.
[[nodiscard]] std::vector<metadata_item> metadata_of(const VImage& image, metadata_policy policy,
                                                     bool with_profile);
// `image` with what `policy` keeps of `items` and no other metadata.
[[nodiscard]] VImage with_metadata(const VImage& image, const std::vector<metadata_item>& items,
                                   metadata_policy policy);
[[nodiscard]] bool has_profile(const std::vector<metadata_item>& items);

[[nodiscard]] carried animation_of(const VImage& image, std::uint32_t frames);
// The tall image that the savers of GIF and WebP take for an animation.
[[nodiscard]] VImage as_animation(const std::vector<VImage>& frames, const carried& beside);

}  // namespace dip::pixels
