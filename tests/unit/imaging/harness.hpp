// A running dip-codec, and images made with it.
#pragma once

#include <chrono>
#include <limits>
#include <memory>
#include <utility>

#include <catch2/catch_test_macros.hpp>

#include "imaging/codec.hpp"
#include "tests/unit/imaging/files.hpp"

namespace dip::testing {

inline constexpr milliseconds plenty{60'000};

// Under ThreadSanitizer, which starts processes to look at its memory, children have no filter of system
// calls.
#ifdef __SANITIZE_THREAD__
inline constexpr bool filtered = false;
#else
inline constexpr bool filtered = true;
#endif

inline std::unique_ptr<codec_launcher> start(codec_options options = {}) {
  options.program = DIP_CODEC;
  auto launcher = start_codec(options);
  REQUIRE(launcher);
  return std::move(*launcher);
}

// Whose children are renewed after so many images.
inline std::unique_ptr<codec_launcher> start_renewing(std::uint32_t after) {
  codec_options options;
  options.renew_after = after;
  return start(std::move(options));
}
// Whose children are not renewed: one that is another now was lost.
inline std::unique_ptr<codec_launcher> start_lasting() {
  codec_options options;
  options.renew_after = std::numeric_limits<std::uint32_t>::max();
  options.renew_above = std::numeric_limits<std::uint64_t>::max();
  options.longest_job = std::chrono::hours{24};
  return start(std::move(options));
}

inline std::unique_ptr<codec> launch(codec_launcher& launcher) {
  auto one = launcher.launch();
  REQUIRE(one);
  return std::move(*one);
}

inline image_header probe(codec& with, const memory_file& file, image_format format) {
  const auto header = with.probe(file.get(), format, plenty);
  REQUIRE(header);
  return *header;
}

// As large as it is, upright.
inline preprocess_plan whole_plan(const image_header& header) {
  return {.shrink = 1,
          .width = header.upright_width(),
          .height = header.upright_height(),
          .convert_colour = header.has_profile || header.bits > 8};
}

inline memory_file preprocessed(codec& with, const memory_file& file, image_format format) {
  const auto header = probe(with, file, format);
  memory_file out;
  REQUIRE(with.preprocess(file.get(), header, whole_plan(header), out.get(), plenty));
  return out;
}

inline output_plan output(image_format format, std::vector<operation> operations = {}) {
  output_plan made;
  made.name = "out";
  made.format = format;
  made.operations = std::move(operations);
  return made;
}

// From a picture to a file of `format`.
inline memory_file convert(codec& with, const memory_file& file, image_format from, const output_plan& how) {
  const auto tiff = preprocessed(with, file, from);
  memory_file out;
  const auto done = with.process(tiff.get(), {how}, {out.get()}, -1, {}, plenty);
  INFO((done ? "" : done.error().detail));
  REQUIRE(done);
  return out;
}

}  // namespace dip::testing
