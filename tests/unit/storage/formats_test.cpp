// Keeps docs/formats.md true: each example there is made here by the code that it speaks of.
#include <fstream>
#include <iterator>
#include <string>

#include <catch2/catch_test_macros.hpp>

#include "core/codec.hpp"
#include "core/log_entry.hpp"
#include "storage/high_water.hpp"
#include "storage/keys.hpp"
#include "storage/log_change.hpp"
#include "storage/node_store.hpp"
#include "storage/object_store.hpp"
#include "storage/replicated_log.hpp"
#include "storage/table_view.hpp"
#include "tests/support/scratch_dir.hpp"

using namespace dip;

namespace {

std::string contents(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::string hex(std::string_view bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out.push_back(digits[static_cast<unsigned char>(c) >> 4]);
    out.push_back(digits[static_cast<unsigned char>(c) & 15]);
  }
  return out;
}

// The page has a line "| name | `value` |".
void check_example(const std::string& name, const std::string& value) {
  static const auto page = contents("docs/formats.md");
  const auto line = "| " + name + " | `" + value + "` |";
  INFO("docs/formats.md should have: " << line);
  CHECK(page.find(line) != std::string::npos);
}

const ulid id = *ulid::parse("01KJVSKPPSDY8XQ8XM2Z6T4H03");
const object_name upload{bucket::request_files, id.text() + ".jpg"};
const wall_time at{milliseconds{1'772'600'767'000}};

idempotency_row row() { return {"k1", "h1", {id}, upload, at}; }

}  // namespace

TEST_CASE("ids and keys of objects are as the page says") {
  check_example("id as bytes", hex({reinterpret_cast<const char*>(id.bytes().data()), ulid::size}));
  check_example("its time", to_rfc3339(id.time()));
  check_example("its partition", std::to_string(id.partition().value));
  check_example("upload", upload.path());
  check_example("output", make_output_name(id, "web", image_format::webp).path());
}

TEST_CASE("records and commands are as the page says") {
  check_example("idempotency_row", hex(encode(row())));
  check_example("barrier", hex(encode(stamped_command{at, barrier{}})));
  check_example("delete_object", hex(encode(stamped_command{at, delete_object{upload}})));
}

TEST_CASE("keys of rows are as the page says") {
  const partition_id p = id.partition();
  check_example("`log`", hex(keys::of_index(p, {258})));
  check_example("`vote`", hex(keys::of_partition(p)));
  check_example("`requests`", hex(keys::of_request({id})));
  check_example("`queues`", hex(keys::of_message({p, queue_name::preprocess_ok, {(7U << 8) + 1}}, false)));
  check_example("`objects`", hex(keys::of_object(upload)));
  check_example("`idempotency`", hex(keys::of_idempotency(p, "k1")));
  check_example("`suppressions`", hex(keys::of_suppression(p, "@example")));
  check_example("`steering`, a pause", hex(keys::of_pause(p, queue_name::preprocess_ok)));
  check_example("suppression_row", hex(encode(suppression_row{"@example", at, "550", {id}})));
  check_example("`meta`, applied", hex(applied_key(p)));
  check_example("`meta`, start", hex(log_start_key(p)));
}

TEST_CASE("the mark file, FORMAT and the names of object files are as the page says") {
  test::scratch_dir dir;
  auto marks = high_water_file::make(dir.text() + "/marks", 2);
  REQUIRE(marks);
  REQUIRE((*marks)->write({{{300}, 0x1122, {5}, {5}}, {}}));
  const auto bytes = contents(dir.text() + "/marks");
  check_example("slot 0", hex(bytes.substr(0, 12 + keys::read_number(std::string_view{bytes}.substr(8, 4)))));

  node_store::options o;
  o.free_disk = o.ballast = 0;
  REQUIRE(open_node_store(dir.text() + "/state", std::move(o)));
  check_example("FORMAT", contents(dir.text() + "/state/FORMAT").replace(5, 1, "⏎").replace(20, 1, "⏎"));

  auto objects = open_object_store(dir.text());
  REQUIRE(objects);
  auto writer = (*objects)->create(bucket::request_files, checksum::xxh3);
  REQUIRE(writer);
  REQUIRE((*writer)->commit(upload));
  const auto path = "objects/rtp-request-files/" + upload.key.substr(10, 2) + "/" + upload.key;
  check_example("file of the upload", path);
  CHECK(std::ifstream{dir.text() + "/" + path}.good());
}

TEST_CASE("the log is as the page says") {
  const auto kv = make_memory_kv();
  auto log = std::move(*replicated_log::open(*kv, {3}, std::nullopt, {}));
  const auto first = log->bootstrap(make_membership({{1}, {2}, {3}}));
  const auto second = log->write(hard_state{{2}, {3}}, {2},
                                 {{{2}, entry_kind::normal, encode(stamped_command{at, barrier{}})}});
  check_example("entry 1", hex(first.records.front().second));
  check_example("entry 2", hex(second.records.front().second));
  check_example("vote in term 2 for 3", hex(encode(*second.voted)));
}
