// What stands behind the TIFF of a preprocessed file (docs/formats.md, "Preprocessed files").
#pragma once

#include <string>
#include <string_view>

#include "imaging/codec/moving.hpp"

namespace dip::pixels {

[[nodiscard]] std::string trailer(const carried& beside);

// Of the whole file. Throws `refusal`, `stage_lost`, when there is none that can be read.
[[nodiscard]] carried read_trailer(std::string_view file);

}  // namespace dip::pixels
