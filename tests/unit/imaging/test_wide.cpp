// The wide codec, on the distribution's libvips, beside the fast one.
#include <filesystem>
#include <fstream>
#include <iterator>

#include <catch2/catch_test_macros.hpp>

#include "tests/unit/imaging/harness.hpp"

namespace dip {
namespace {

using namespace testing;

TEST_CASE("without a wide codec, what only it could read is refused in words") {
  codec_options options;
  options.program = DIP_CODEC;
  options.wide_program = "/nonexistent/dip-codec-wide";
  const auto launcher = start_codec(options);
  REQUIRE(launcher);
  CHECK((*launcher)->formats().can_read(image_format::avif));
  CHECK((*launcher)->can_write(image_format::gif));
  const auto one = launch(**launcher);
  const auto refused = one->probe(memory_file{"%PDF-1.4\n"}.get(), image_format::pdf, plenty);
  if ((*launcher)->formats().can_read(image_format::pdf)) return;  // there is only the distribution's libvips
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::unsupported_media);
  CHECK_FALSE((*launcher)->can_write(image_format::jxl));
}

#ifdef DIP_CODEC_WIDE

std::string contents(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

TEST_CASE("the wide codec is started by the first image that needs it") {
  const auto launcher = start();
  const auto one = launch(*launcher);
  const memory_file file{quarters_png(40, 30)};
  CHECK(convert(*one, file, image_format::png, output(image_format::avif)).size() > 0);
  CHECK(launcher->children().size() == 1);
  CHECK(launcher->programs().size() == 1);
  const auto jxl = convert(*one, file, image_format::png, output(image_format::jxl));
  CHECK(launcher->children().size() == 2);
  REQUIRE(launcher->programs().size() == 2);
  CHECK(launcher->programs()[1].name == "dip-codec-wide");
  CHECK(launcher->programs()[1].libvips.starts_with("8."));
  CHECK(sniff_format(jxl.bytes()) == image_format::jxl);
  const auto header = probe(*one, jxl, image_format::jxl);
  CHECK(header.width == 40);
  CHECK(header.height == 30);
  CHECK(convert(*one, jxl, image_format::jxl, output(image_format::webp)).size() > 0);
}

TEST_CASE("what is there is known without any wide image, and nothing is left running for it") {
  const auto launcher = start();
  const auto one = launch(*launcher);
  const auto there = launcher->formats();
  for (const auto& spec : format_table()) {
    CAPTURE(spec.name);
    CHECK(there.can_read(spec.format));
    CHECK(there.can_write(spec.format) == spec.writable);
  }
  CHECK(launcher->can_write(image_format::jxl));
  CHECK(launcher->children().size() == 1);
}

TEST_CASE("HEIC is read") {
  const auto launcher = start();
  const auto one = launch(*launcher);
  const memory_file file{contents("tests/data/tiny.heic")};
  REQUIRE(sniff_format(file.bytes()) == image_format::heic);
  const auto header = probe(*one, file, image_format::heic);
  CHECK(header.width == 64);
  CHECK(header.height == 32);
  const auto made = convert(*one, file, image_format::heic, output(image_format::jpeg));
  CHECK(probe(*one, made, image_format::jpeg).width == 64);
  const auto told = one->info(file.get(), image_format::heic, false, plenty);
  REQUIRE(told);
  CHECK(told->thumbhash.size() > 10);
}

// Two pages, of 200 × 100 points, half of it red, and of 100 × 100.
std::string small_pdf() {
  const std::string drawing = "1 0 0 rg 0 0 100 100 re f";
  return "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
         "2 0 obj<</Type/Pages/Kids[3 0 R 5 0 R]/Count 2>>endobj\n"
         "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R>>endobj\n"
         "5 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]/Contents 4 0 R>>endobj\n"
         "4 0 obj<</Length " +
         std::to_string(drawing.size()) + ">>stream\n" + drawing +
         "\nendstream endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";
}

TEST_CASE("a PDF is drawn at the size asked for") {
  const auto launcher = start();
  const auto one = launch(*launcher);
  const memory_file file{small_pdf()}, between;
  const auto header = probe(*one, file, image_format::pdf);
  CHECK(header.width == 200);
  recipe what;
  what.outputs.emplace_back().name = "out";
  what.operations = {op("resize", {{"width", whole(800)}})};
  const auto plan = make_plan(header, what, {});
  REQUIRE(plan);
  const auto facts = one->preprocess(file.get(), header, plan->preprocess, between.get(), plenty);
  REQUIRE(facts);
  CHECK(facts->width == 800);
  CHECK(facts->height == 400);
}

TEST_CASE("the second page of a PDF") {
  const auto launcher = start();
  const auto one = launch(*launcher);
  const memory_file file{small_pdf()}, between;
  const auto header = probe(*one, file, image_format::pdf);
  CHECK(header.pages == 2);
  recipe what;
  what.outputs.emplace_back().name = "out";
  what.operations = {op("resize", {{"width", whole(800)}})};
  what.page = 1;
  const auto plan = make_plan(header, what, {});
  REQUIRE(plan);
  const auto facts = one->preprocess(file.get(), header, plan->preprocess, between.get(), plenty);
  REQUIRE(facts);
  CHECK(facts->width == 800);
  CHECK(facts->height == 800);
}

TEST_CASE("the wide codec stands behind the same walls") {
  const auto launcher = start();
  const auto one = launch(*launcher);
  (void)probe(*one, memory_file{small_pdf()}, image_format::pdf);
  for (const int child : launcher->children()) {
    const auto status = contents("/proc/" + std::to_string(child) + "/status");
    CHECK(status.find(filtered ? "Seccomp:\t2" : "Seccomp:\t0") != status.npos);
    CHECK(status.find("CapEff:\t0000000000000000") != status.npos);
  }
}

#endif

}  // namespace
}  // namespace dip
