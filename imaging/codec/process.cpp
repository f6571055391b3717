#include "imaging/codec/process.hpp"

#include "imaging/codec/encode.hpp"
#include "imaging/codec/preprocess.hpp"
#include "imaging/codec/probe.hpp"

namespace dip::pixels {
namespace {

// Decoded at once: a bad file is told from a bad operation, and each output uses it again.
watermark read_watermark(const codec::watermark_input& input) {
  return blaming(errc::invalid_image, [&]() -> watermark {
    const mapped_file file{input.descriptor};
    const auto image = open_image(file, input.format, {.how = reading::anywhere});
    return {input.key, to_srgb(image.autorot(), true).copy_memory()};
  });
}

// The frames as an output sees them: in their own colours where it keeps the profile, else in sRGB.
class source_frames {
public:
  explicit source_frames(preprocessed from) : from_(std::move(from)) {}

  [[nodiscard]] const carried& beside() const { return from_.beside; }
  [[nodiscard]] const std::vector<VImage>& for_output(const output_plan& how) {
    if (how.metadata == metadata_policy::keep || !has_profile(from_.beside.metadata)) return from_.frames;
    if (plain_.empty())
      for (const auto& frame : from_.frames)
        plain_.push_back(
            to_srgb(with_metadata(frame, from_.beside.metadata, metadata_policy::keep), true).copy_memory());
    return plain_;
  }

private:
  preprocessed from_;
  std::vector<VImage> plain_;
};

std::vector<VImage> first_only(const std::vector<VImage>& frames) { return {frames.front()}; }

}  // namespace

std::vector<codec::facts> process(int in, std::span<const output_plan> outputs, std::span<const int> outs,
                                  int preview, std::span<const codec::watermark_input> watermarks,
                                  const bounds& most) {
  std::vector<watermark> marks;
  for (const auto& input : watermarks) marks.push_back(read_watermark(input));
  const mapped_file file{in};
  source_frames source{blaming(errc::stage_lost, [&] { return read_preprocessed(file); })};
  std::vector<codec::facts> done;
  codec::facts small;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const auto& frames = source.for_output(outputs[i]);
    auto made = apply(spec_of(outputs[i].format).has_frames ? frames : first_only(frames),
                      outputs[i].operations, marks, most);
    if (i == 0 && preview >= 0) {
      made.front() = made.front().copy_memory();
      small = encode_preview(made.front(), preview);
    }
    done.push_back(encode(made, source.beside(), outputs[i], outs[i]));
  }
  if (preview >= 0) done.push_back(small);
  return done;
}

}  // namespace dip::pixels
