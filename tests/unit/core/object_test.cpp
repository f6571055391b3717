#include "core/object.hpp"

#include <string>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

namespace dip {
namespace {

const std::string id = "01J9Z3V5W6X7Y8Z9ABCDEFGHJK";

TEST_CASE("buckets have the names that URLs show") {
  CHECK(to_string(bucket::request_files) == "rtp-request-files");
  CHECK(to_string(bucket::preprocessed_files) == "rtp-preprocessed-files");
  CHECK(to_string(bucket::processed_files) == "rtp-processed-files");
  for (auto b : {bucket::request_files, bucket::preprocessed_files, bucket::processed_files})
    CHECK(parse_bucket(to_string(b)) == b);
}

TEST_CASE("a bucket that there is not is not found") {
  const auto name =
      GENERATE(values<std::string>({"", "rtp", "RTP-request-files", "rtp-request-files/", ".."}));
  CHECK(parse_bucket(name).error().code == errc::not_found);
}

TEST_CASE("keys of both shapes are accepted") {
  const auto tail = GENERATE_COPY(values<std::string>(
      {".j", ".jpg", ".abcde", ".7z", "/result.jpg", "/a_b-9.webp", "/" + std::string(64, 'x') + ".png"}));
  const auto name = parse_key(bucket::processed_files, id + tail);
  REQUIRE(name);
  CHECK(name->key == id + tail);
  CHECK(name->path() == "rtp-processed-files/" + id + tail);
  CHECK(name->partition() == ulid::parse(id)->partition());
}

TEST_CASE("anything else is no key") {
  const auto key = GENERATE_COPY(values<std::string>({"",
                                                      id,
                                                      id + ".",
                                                      id + ".abcdef",
                                                      id + ".JPG",
                                                      id + ".j g",
                                                      id + "/.jpg",
                                                      id + "/a",
                                                      id + "/a.",
                                                      id + "/a/b.jpg",
                                                      id + "/../a.jpg",
                                                      id + "/A.jpg",
                                                      id + "/a.b.jpg",
                                                      id + "//a.jpg",
                                                      id + "x.jpg",
                                                      "/" + id + ".jpg",
                                                      "../" + id + ".jpg",
                                                      id + "/" + std::string(65, 'x') + ".jpg",
                                                      id.substr(1) + ".jpg",
                                                      "8" + id.substr(1) + ".jpg",
                                                      "01j9z3v5w6x7y8z9abcdefghjk.jpg",
                                                      id + std::string(".jpg\0", 5),
                                                      id + ".jpg/",
                                                      id + "/a\\b.jpg"}));
  CAPTURE(key);
  CHECK(parse_key(bucket::request_files, key).error().code == errc::not_found);
}

TEST_CASE("names that are made can be parsed") {
  const auto fresh = ulid::make(wall_time{milliseconds{1'700'000'000'000}}, {517});
  const auto upload = make_upload_name(bucket::request_files, fresh, image_format::jpeg);
  CHECK(upload.key == fresh.text() + ".jpg");
  CHECK(parse_key(upload.in, upload.key) == upload);
  CHECK(upload.partition() == partition_id{517});

  const auto output = make_output_name(fresh, "thumb", image_format::webp);
  CHECK(output.in == bucket::processed_files);
  CHECK(output.key == fresh.text() + "/thumb.webp");
  CHECK(parse_key(output.in, output.key) == output);
  CHECK(output.partition() == partition_id{517});
}

TEST_CASE("every format's extension makes a key") {
  for (const auto& spec : format_table()) {
    const auto name = make_upload_name(bucket::preprocessed_files, ulid{}, spec.format);
    CHECK(parse_key(name.in, name.key) == name);
  }
}

}  // namespace
}  // namespace dip
