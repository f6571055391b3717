#include "imaging/choosing_codec.hpp"

#include <algorithm>
#include <utility>

namespace dip {

choosing_codec::choosing_codec(std::unique_ptr<child_codec> fast, format_set fast_can,
                               std::unique_ptr<child_codec> wide)
    : fast_(std::move(fast)), fast_can_(fast_can), wide_(std::move(wide)) {}

result<image_header> choosing_codec::probe(int in, image_format format, milliseconds deadline) {
  return either(fast_can_.can_read(format)).probe(in, format, deadline);
}

result<image_info> choosing_codec::info(int in, image_format format, bool location, milliseconds deadline) {
  return either(fast_can_.can_read(format)).info(in, format, location, deadline);
}

result<codec::facts> choosing_codec::preprocess(int in, const image_header& header,
                                                const preprocess_plan& plan, int out, milliseconds deadline) {
  return either(fast_can_.can_read(header.format)).preprocess(in, header, plan, out, deadline);
}

result<codec::processed> choosing_codec::process(int in, const std::vector<output_plan>& outputs,
                                                 const std::vector<int>& outs, int preview,
                                                 const std::vector<watermark_input>& watermarks,
                                                 milliseconds deadline) {
  const bool writes =
      std::ranges::all_of(outputs, [&](const auto& output) { return fast_can_.can_write(output.format); });
  const bool reads =
      std::ranges::all_of(watermarks, [&](const auto& mark) { return fast_can_.can_read(mark.format); });
  return either(writes && reads).process(in, outputs, outs, preview, watermarks, deadline);
}

}  // namespace dip
