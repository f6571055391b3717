// Every operation on one photo, as a page to look at: gallery PHOTO FOLDER writes index.html, the pictures
// beside it, and all of them on one sheet.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <nlohmann/json.hpp>

#include "core/config.hpp"
#include "core/operation_table.hpp"
#include "core/plan.hpp"
#include "imaging/codec/encode.hpp"
#include "imaging/codec/operations.hpp"
#include "imaging/codec/preprocess.hpp"
#include "imaging/codec/probe.hpp"
#include "imaging/descriptor.hpp"

namespace dip {
namespace {

namespace fs = std::filesystem;
using pixels::VImage;

constexpr auto mark_key = "01J9Z3V5W6X7Y8Z9ABCDEFGHJK.png";

// What to show of each operation; of one that needs no parameters its defaults.
struct shown {
  std::string op;
  std::vector<std::string> params;  // JSON members
};

const std::vector<shown>& examples() {
  static const std::vector<shown> all{
      {"resize",
       {R"("width":240,"height":240)", R"("width":240,"height":240,"position":"attention")",
        R"("width":240,"height":240,"position":"entropy")",
        R"("width":240,"height":240,"fit":"contain","background":"#336")",
        R"("width":240,"height":240,"fit":"fill")", R"("width":40,"kernel":"nearest")"}},
      {"crop", {R"("x":60,"y":40,"width":160,"height":120)"}},
      {"trim", {""}},
      {"extend", {R"("top":10,"right":30,"bottom":10,"left":30,"background":"#c33")"}},
      {"rotate", {R"("angle":90)", R"("angle":15,"background":"transparent")"}},
      {"tint", {R"("color":"#2a6")"}},
      {"modulate", {R"("brightness":1.3)", R"("saturation":2)", R"("hue":120)"}},
      {"contrast", {R"("amount":1.6)", R"("amount":0.5)"}},
      {"gamma", {"", R"("gamma":0.5)"}},
      {"clahe", {R"("width":60,"height":60)"}},
      {"blur", {R"("sigma":4)"}},
      {"sharpen", {R"("sigma":2)"}},
      {"median", {R"("size":9)"}},
      {"vignette", {"", R"("strength":1)"}},
      {"round", {R"("radius":40)", R"("radius":9999)"}},
      {"text", {R"("text":"Distributed\nImage Processor","size":36,"position":"southeast","margin":12)"}},
      {"watermark",
       {R"("file":")" + std::string{mark_key} + R"(","position":"southeast","margin":10)",
        R"("file":")" + std::string{mark_key} + R"(","tile":true,"margin":30,"scale":0.15,"opacity":0.5)"}},
  };
  return all;
}

std::vector<std::string> params_of(std::string_view op) {
  for (const auto& one : examples())
    if (one.op == op) return one.params;
  return {""};
}

struct picture {
  std::string caption;
  std::string file;
  VImage image;
};

template <class T>
T sure(result<T> got) {
  if (!got) throw std::runtime_error{got.error().detail + ' ' + got.error().pointer};
  return std::move(*got);
}

VImage read_photo(const std::string& path, std::uint32_t width) {
  const descriptor in{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  std::string head(sniff_bytes, '\0');
  const auto count = ::pread(in.get(), head.data(), head.size(), 0);
  const auto format =
      sniff_format(std::string_view{head}.substr(0, count > 0 ? static_cast<size_t>(count) : 0));
  if (!format) throw std::runtime_error{path + " is no image"};
  const auto header = pixels::probe(in.get(), *format);
  recipe what;
  what.operations = sure(parse_operations(
      nlohmann::json::parse(R"([{"op":"resize","width":)" + std::to_string(width) + "}]"), {}, ""));
  what.outputs.emplace_back().name = "photo";
  const auto plan = sure(make_plan(header, what, {}));
  const pixels::mapped_file file{in.get()};
  return pixels::normalise(file, header, plan.preprocess).image.copy_memory();
}

VImage watermark_image() {
  // A white disc.
  const auto disc = pixels::apply(
      {VImage::black(160, 160)
           .new_from_image({255, 255, 255})
           .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB))},
      sure(parse_operations(nlohmann::json::parse(R"([{"op":"round","radius":80}])"), {}, "")), {});
  return disc.front().copy_memory();
}

void write(const VImage& image, const std::string& path) {
  output_plan how;
  how.format = image_format::png;
  const descriptor out{::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
  if (!out) throw std::runtime_error{path + " cannot be written"};
  pixels::encode({image}, {}, how, out.get());
}

std::vector<picture> render(const VImage& photo, const std::string& folder) {
  const std::vector<pixels::watermark> marks{{mark_key, watermark_image()}};
  std::vector<picture> all{{"the photo", "photo.png", photo}};
  for (const auto& spec : operation_table()) {
    int number = 0;
    for (const auto& params : params_of(spec.name)) {
      const auto step =
          R"({"op":")" + std::string{spec.name} + '"' + (params.empty() ? "" : "," + params) + "}";
      const auto steps = sure(parse_operations(nlohmann::json::parse("[" + step + "]"), {}, ""));
      auto file = std::string{spec.name} + '-' + std::to_string(++number) + ".png";
      all.push_back({step, std::move(file), pixels::apply({photo}, steps, marks).front().copy_memory()});
    }
  }
  for (const auto& one : all) write(one.image, folder + '/' + one.file);
  return all;
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '&')
      out += "&amp;";
    else
      out += c;
  }
  return out;
}

void write_page(const std::vector<picture>& all, const std::string& path) {
  std::ofstream page{path};
  page
      << "<!doctype html><meta charset=utf-8><title>DIP's operations</title><style>body{font:14px sans-serif;"
         "background:repeating-conic-gradient(#eee 0 25%,#fff 0 50%) 0 0/20px "
         "20px}figure{display:inline-block;"
         "margin:8px;vertical-align:top;max-width:420px}figcaption{background:#fff;word-break:break-all}img{"
         "max-width:100%}</"
         "style>\n";
  for (const auto& one : all)
    page << "<figure><img src=\"" << one.file << "\" alt=\"\"><figcaption><code>" << escaped(one.caption)
         << "</code></figcaption></figure>\n";
}

VImage cell(const VImage& image) {
  const auto small =
      pixels::apply({image},
                    sure(parse_operations(
                        nlohmann::json::parse(
                            R"([{"op":"resize","width":200,"height":150,"fit":"contain","background":"#888"},
                            {"op":"flatten","background":"#c0c0ff"}])"),
                        {}, "")),
                    {});
  return small.front().copy_memory();
}

void write_sheet(const std::vector<picture>& all, const std::string& path) {
  std::vector<VImage> cells;
  for (const auto& one : all) cells.push_back(cell(one.image));
  write(VImage::arrayjoin(cells, VImage::option()->set("across", 7)->set("shim", 4)), path);
}

}  // namespace
}  // namespace dip

int main(int count, char** words) {
  using namespace dip;
  if (count != 3) {
    std::fputs("gallery PHOTO FOLDER\n", stderr);
    return 2;
  }
  try {
    if (!pixels::start_library(words[0])) return EXIT_FAILURE;
    const std::string folder = words[2];
    fs::create_directories(folder);
    const auto all = render(read_photo(words[1], 400), folder);
    write_page(all, folder + "/index.html");
    write_sheet(all, folder + "/sheet.png");
    std::printf("%zu pictures: %s/index.html\n", all.size(), folder.c_str());
  } catch (const std::exception& e) {
    std::fprintf(stderr, "gallery: %s\n", e.what());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
