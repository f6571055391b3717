#include "bench/mix/mix.hpp"

#include <stdexcept>
#include <utility>

#include "bench/mix/memory_file.hpp"
#include "core/config.hpp"
#include "core/object.hpp"
#include "core/operation_table.hpp"
#include "core/recipe.hpp"
#include "imaging/codec/encode.hpp"
#include "imaging/codec/operations.hpp"
#include "imaging/codec/preprocess.hpp"
#include "imaging/codec/probe.hpp"

namespace dip::bench {
namespace {

using pixels::VImage;

// Noise of a coarse grid, drawn out to soft shapes.
VImage shapes(int width, int height, int seed) {
  const auto coarse = VImage::gaussnoise(
      width / 40, height / 40, VImage::option()->set("mean", 128)->set("sigma", 60)->set("seed", seed));
  return pixels::scale_to(coarse, static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height));
}

VImage as_image(std::vector<VImage> bands) {
  return VImage::bandjoin(bands)
      .cast(VIPS_FORMAT_UCHAR)
      .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB))
      .copy_memory();
}

// With a little grain, as hard to decode and encode as a photo.
VImage photo(int width, int height) {
  std::vector<VImage> bands;
  for (int i = 1; i <= 3; ++i)
    bands.push_back(
        shapes(width, height, i) +
        VImage::gaussnoise(width, height,
                           VImage::option()->set("mean", 0)->set("sigma", 4)->set("seed", i + 8)));
  return as_image(std::move(bands));
}

// In steps, colours and alpha.
VImage drawing(int width, int height) {
  std::vector<VImage> bands;
  for (int i = 1; i <= 4; ++i) bands.push_back((shapes(width, height, i) / 24).floor() * 24);
  return as_image(std::move(bands));
}

std::string encoded(const VImage& image, image_format format, std::uint32_t quality) {
  output_plan how;
  how.format = format;
  how.quality = quality;
  const auto file = memory_file();
  pixels::encode({image}, {}, how, file.get());
  return bytes_of(file);
}

std::optional<std::string> no_preset(const void* /*context*/, std::string_view /*name*/) { return {}; }

std::string key_of_mark(const job_plan& plan) {
  for (const auto& op : plan.outputs.front().operations)
    if (op.op == "watermark") return std::string{text_param(op, "file")};
  return {};
}

}  // namespace

std::vector<job> make_jobs(const std::string& mark_key) {
  using enum image_format;
  const auto small = encoded(photo(2725, 2225), jpeg, 82);
  return {{"2725x2225 JPEG -> 720 JPEG q80", jpeg, small, R"([{"op":"resize","width":720}])",
           R"({"name":"a","format":"jpeg","quality":80})"},
          {"4272x2848 JPEG -> 300 WebP q80", jpeg, encoded(photo(4272, 2848), jpeg, 82),
           R"([{"op":"resize","width":300}])", R"({"name":"a","format":"webp","quality":80})"},
          {"2048x1536 RGBA PNG -> 720 PNG", png, encoded(drawing(2048, 1536), png, 80),
           R"([{"op":"resize","width":720}])", R"({"name":"a","format":"png"})"},
          {"2725x2225 JPEG -> 1080 blur sharpen mark JPEG", jpeg, small,
           R"([{"op":"resize","width":1080},{"op":"blur"},{"op":"sharpen"},{"op":"watermark","file":")" +
               mark_key + R"("}])",
           R"({"name":"a","format":"jpeg","quality":80})", true}};
}

std::string no_key() { return make_upload_name(bucket::request_files, {}, image_format::png).key; }

std::string make_mark() { return encoded(drawing(200, 100), image_format::png, 80); }

std::string body_of(const job& what, const std::string& file_key) {
  return R"({"file":")" + file_key + R"(","operations":)" + what.operations + R"(,"outputs":[)" +
         what.output + "]}";
}

direct_plan::direct_plan(const job& what) {
  header_ = pixels::probe(memory_file(what.bytes).get(), what.format);
  const limits_config limits;
  const auto asked = parse_process_request(body_of(what, no_key()), limits, no_preset, nullptr);
  if (!asked) throw std::runtime_error{asked.error().detail};
  auto plan = make_plan(header_, asked->what, limits);
  if (!plan) throw std::runtime_error{plan.error().detail};
  plan_ = std::move(*plan);
  mark_key_ = key_of_mark(plan_);
}

void direct_plan::run(int input, int mark, int output) const {
  std::vector<pixels::watermark> laid;
  if (!mark_key_.empty()) {
    const pixels::mapped_file bytes{mark};
    laid.push_back(
        {mark_key_,
         pixels::open_image(bytes, image_format::png, {.how = pixels::reading::anywhere}).copy_memory()});
  }
  const pixels::mapped_file bytes{input};
  const auto image = pixels::normalise(bytes, header_, plan_.preprocess).image.copy_memory();
  const auto& out = plan_.outputs.front();
  pixels::encode(pixels::apply({image}, out.operations, laid), {}, out, output);
}

}  // namespace dip::bench
