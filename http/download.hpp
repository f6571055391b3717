// An object as the answer to GET or HEAD: conditions, one range, the headers that keep a browser safe.
#pragma once

#include <memory>

#include "core/clock.hpp"
#include "http/conditional.hpp"
#include "http/message.hpp"
#include "http/ports.hpp"

namespace dip::http {

[[nodiscard]] http_response download(const http_request& r, std::shared_ptr<opened_object> file,
                                     wall_time now);

[[nodiscard]] validators validators_of(const object_row& row);
// The 412 of a file.
[[nodiscard]] error no_such_version();

}  // namespace dip::http
