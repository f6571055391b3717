#pragma once

#include <memory>

#include "actors/environment.hpp"
#include "actors/stage.hpp"
#include "imaging/codec_pool.hpp"

namespace dip {

// Reads the request's file, normalises it to what the recipe needs, stores it in rtp-preprocessed-files.
[[nodiscard]] std::unique_ptr<stage> make_preprocess_stage(const environment* env, codec_pool* codecs);
// Reads the preprocessed file, applies the recipe, stores the outputs and the mail's preview in
// rtp-processed-files.
[[nodiscard]] std::unique_ptr<stage> make_process_stage(const environment* env, codec_pool* codecs);

// As long as one may wait for a codec and work with it; the rest is for the disk.
[[nodiscard]] inline milliseconds longest_image_stage(const config& c) {
  return 2 * c.workers.timeout + c.workers.visibility;
}
// One for each slot: there is none only while a stage hangs that has it.
[[nodiscard]] inline result<codec_pool::lease> borrow_codec(const environment& env, codec_pool& from) {
  auto one = from.borrow_within(env.cfg->workers.timeout);
  if (!one) return fail(errc::overloaded, "no codec became free in time");
  return std::move(*one);
}

}  // namespace dip
