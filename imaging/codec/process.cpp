#include "imaging/codec/process.hpp"

#include "imaging/codec/encode.hpp"
#include "imaging/codec/operations.hpp"
#include "imaging/codec/preprocess.hpp"
#include "imaging/codec/probe.hpp"

namespace dip::pixels {
namespace {

// Decoded at once: a bad file is told from a bad operation, and each output uses it again.
watermark read_watermark(const codec::watermark_input& input) {
  return blaming(errc::invalid_image, [&]() -> watermark {
    const mapped_file file{input.descriptor};
    const auto image = open_image(file, input.format, reading::anywhere);
    return {input.key, to_srgb(image.autorot(), true).copy_memory()};
  });
}

VImage read_preprocessed(int in) {
  return blaming(errc::stage_lost, [&] {
    const mapped_file file{in};
    return to_srgb(open_image(file, image_format::tiff, reading::once_from_the_top), false).copy_memory();
  });
}

}  // namespace

std::vector<codec::facts> process(int in, std::span<const output_plan> outputs, std::span<const int> outs,
                                  int preview, std::span<const codec::watermark_input> watermarks) {
  std::vector<watermark> marks;
  for (const auto& input : watermarks) marks.push_back(read_watermark(input));
  const auto image = read_preprocessed(in);
  std::vector<codec::facts> done;
  codec::facts small;
  for (size_t i = 0; i < outputs.size(); ++i) {
    auto made = apply({image}, outputs[i].operations, marks).front();
    if (i == 0 && preview >= 0) {
      made = made.copy_memory();
      small = encode_preview(made, preview);
    }
    done.push_back(encode(made, outputs[i], outs[i]));
  }
  if (preview >= 0) done.push_back(small);
  return done;
}

}  // namespace dip::pixels
