// libvips as the child uses it.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vips/vips8>

#include "core/errc.hpp"
#include "imaging/protocol.hpp"

namespace dip::pixels {

using vips::VImage;

// Before any other use; starts no thread, so that the process can still be forked.
[[nodiscard]] bool start_library(const char* program);
// "8.18.7"
[[nodiscard]] std::string library_version();
[[nodiscard]] std::vector<codec_library> codec_libraries();

// Thrown where we, and not libvips, say no.
struct refusal : std::runtime_error {
  refusal(errc why, const std::string& detail) : std::runtime_error(detail), code(why) {}
  errc code;
};

// What libvips threw as a refusal: the system's fault where its words say so, else `otherwise`.
[[nodiscard]] refusal blame(const vips::VError& thrown, errc otherwise);

// Runs `work`; what libvips refuses in it is `otherwise`.
template <class F>
auto blaming(errc otherwise, F&& work) {
  try {
    return work();
  } catch (const vips::VError& thrown) {
    throw blame(thrown, otherwise);
  }
}

// The exception being handled, as a reply.
[[nodiscard]] protocol::reply reply_of_exception();

}  // namespace dip::pixels
