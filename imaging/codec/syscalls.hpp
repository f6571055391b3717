// What a child may ask of the kernel.
#pragma once

#include "imaging/codec/walls.hpp"

namespace dip::pixels {

// From here on only what decoding, encoding and answering need. What no codec has an innocent reason for
// (network, other processes, programs, mounts, tracing) ends the process; everything else is answered with an
// error, which codecs and the libraries under them take in their stride. No new rights, ever. False when the
// kernel refused.
[[nodiscard]] bool filter_syscalls(const walls& around);

}  // namespace dip::pixels
