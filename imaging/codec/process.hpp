// The second stage: from the preprocessed file to what was asked for.
#pragma once

#include <span>
#include <vector>

#include "core/plan.hpp"
#include "imaging/codec.hpp"
#include "imaging/codec/library.hpp"
#include "imaging/codec/operations.hpp"

namespace dip::pixels {

// Facts of each output; with `preview` not -1 then those of the preview.
[[nodiscard]] std::vector<codec::facts> process(int in, std::span<const output_plan> outputs,
                                                std::span<const int> outs, int preview,
                                                std::span<const codec::watermark_input> watermarks,
                                                const bounds& most = {});

}  // namespace dip::pixels
