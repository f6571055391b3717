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

}  // namespace dip
