#include <catch2/catch_test_macros.hpp>
#include <sys/socket.h>

#include "core/codec.hpp"
#include "imaging/channel.hpp"
#include "imaging/protocol.hpp"
#include "tests/unit/imaging/files.hpp"

namespace dip {
namespace {

using testing::memory_file;

std::pair<descriptor, descriptor> channel() {
  auto made = make_channel();
  REQUIRE(made);
  return std::move(*made);
}

TEST_CASE("a message arrives whole, with its descriptors") {
  const auto [here, there] = channel();
  const memory_file file{"content"};
  const std::string bytes(message_limit, 'x');
  const int fd = file.get();
  REQUIRE(send_message(here.get(), bytes, std::span{&fd, 1}));
  const auto got = receive_message(there.get(), milliseconds{5000});
  REQUIRE(got);
  REQUIRE(*got);
  CHECK((*got)->bytes == bytes);
  REQUIRE((*got)->descriptors.size() == 1);
  CHECK((*got)->descriptors[0].get() != fd);
  std::string content(7, '\0');
  CHECK(::pread((*got)->descriptors[0].get(), content.data(), 7, 0) == 7);
  CHECK(content == "content");
}

TEST_CASE("what is over the limits is not sent") {
  const auto [here, there] = channel();
  CHECK(send_message(here.get(), std::string(message_limit + 1, 'x'), {}).error().code == errc::too_large);
  const std::vector<int> many(descriptor_limit + 1, 0);
  CHECK(send_message(here.get(), "x", many).error().code == errc::too_large);
}

TEST_CASE("a message over the limit is refused by who gets it") {
  const auto [here, there] = channel();
  const std::string bytes(message_limit + 1, 'x');
  REQUIRE(::send(here.get(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  const auto got = receive_message(there.get(), milliseconds{5000});
  REQUIRE(!got);
  CHECK(got.error().code == errc::corrupt);
}

TEST_CASE("silence ends at the deadline, and a closed end is nothing") {
  auto [here, there] = channel();
  const auto late = receive_message(there.get(), milliseconds{5});
  REQUIRE(!late);
  CHECK(late.error().code == errc::timeout);
  here.reset();
  const auto gone = receive_message(there.get(), milliseconds{5000});
  REQUIRE(gone);
  CHECK(!*gone);
  CHECK(send_message(there.get(), "x", {}).error().code == errc::io);
}

TEST_CASE("a job and its answer survive the way") {
  protocol::job job;
  job.kind = protocol::job_kind::process;
  job.outputs.resize(2);
  job.outputs[1].name = "small";
  job.outputs[1].operations = {testing::op("resize", {{"width", testing::whole(7)}})};
  job.preview = true;
  job.watermarks = {{.key = "mark.png", .descriptor = 5, .format = image_format::webp}};
  const auto read = decode<protocol::job>(encode(job));
  REQUIRE(read);
  CHECK(read->outputs == job.outputs);
  CHECK(read->watermarks.at(0).key == "mark.png");
  CHECK(read->watermarks.at(0).format == image_format::webp);

  protocol::reply reply;
  reply.ok = true;
  reply.facts = {{3, 4, true}};
  const auto answer = decode<protocol::reply>(encode(reply));
  REQUIRE(answer);
  CHECK(answer->ok);
  CHECK(answer->facts.at(0).height == 4);
  CHECK(answer->facts.at(0).has_alpha);
}

}  // namespace
}  // namespace dip
