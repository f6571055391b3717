// Bytes into the files that dip handed in.
#pragma once

#include <string_view>

namespace dip::pixels {

// At the descriptor's place. Throws `refusal`: `disk_full`, `io`.
void write_all(int out, std::string_view bytes);

}  // namespace dip::pixels
