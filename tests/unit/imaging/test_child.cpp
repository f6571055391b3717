#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>

#include <catch2/catch_test_macros.hpp>
#include <sys/syscall.h>

#include "tests/unit/imaging/harness.hpp"

namespace dip {
namespace {

using namespace testing;

size_t open_descriptors() {
  size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) ++count;
  return count;
}

int only_child(const codec_launcher& launcher) {
  const auto all = launcher.children();
  REQUIRE(all.size() == 1);
  return all.front();
}

pid_t parent_of(int pid) {
  std::ifstream stat{"/proc/" + std::to_string(pid) + "/stat"};
  std::string id, name, state;
  pid_t parent = 0;
  stat >> id >> name >> state >> parent;
  return parent;
}

TEST_CASE("a program that is missing or is no codec is found at the start") {
  codec_options options;
  options.program = "/nonexistent/dip-codec";
  auto missing = start_codec(options);
  REQUIRE(!missing);
  CHECK(missing.error().code == errc::io);
  options.program = "/bin/true";
  const auto wrong = start_codec(options);
  REQUIRE(!wrong);
  CHECK(wrong.error().code == errc::io);
}

TEST_CASE("the codec says which libvips and libraries it has") {
  const auto launcher = start();
  const auto programs = launcher->programs();
  REQUIRE(programs.size() == 1);
  CHECK(programs[0].name == "dip-codec");
  CHECK(programs[0].libvips.starts_with("8."));
  const auto& all = programs[0].libraries;
  const auto png = std::ranges::find(all, "png", &codec_library::name);
  REQUIRE(png != all.end());
  CHECK(png->version.starts_with("1."));
  CHECK(launcher->children().empty());
}

void wait_until_ended(const codec_launcher& launcher) {
  while (!launcher.children().empty()) std::this_thread::yield();
}

// Until a thread of ours waits in poll, so for an answer.
void wait_until_polling(pid_t thread) {
  const auto path = "/proc/self/task/" + std::to_string(thread) + "/syscall";
  for (;;) {
    std::string number;
    std::ifstream{path} >> number;
    if (number == std::to_string(SYS_poll)) return;
    std::this_thread::yield();
  }
}

TEST_CASE("a child that was killed while idle is replaced unnoticed") {
  const auto launcher = start();
  const auto one = launch(*launcher);
  const memory_file file{quarters_png(8, 6)};
  const int before = only_child(*launcher);
  REQUIRE(::kill(before, SIGKILL) == 0);
  wait_until_ended(*launcher);
  CHECK(one->probe(file.get(), image_format::png, plenty));
  CHECK(only_child(*launcher) != before);
}

TEST_CASE("a job over its deadline is a timeout, and the next one works") {
  const auto launcher = start();
  const auto one = launch(*launcher);
  const memory_file file{quarters_png(1200, 1200)};
  const auto tiff = preprocessed(*one, file, image_format::png);
  const int before = only_child(*launcher);
  memory_file out;
  const auto slow = output(image_format::png, {op("blur", {{"sigma", 200.0}})});
  const auto late = one->process(tiff.get(), {slow}, {out.get()}, -1, {}, milliseconds{1});
  REQUIRE(!late);
  CHECK(late.error().code == errc::timeout);
  CHECK(one->probe(file.get(), image_format::png, plenty));
  CHECK(only_child(*launcher) != before);
}

// Runs `work` of this thread, and kills the only child when it has the job but has not finished it: it is
// stopped before.
template <class F>
auto killed_at_work(const codec_launcher& launcher, F&& work) {
  const int child = only_child(launcher);
  REQUIRE(::kill(child, SIGSTOP) == 0);
  const std::jthread killer{[child, worker = ::gettid()] {
    wait_until_polling(worker);
    ::kill(child, SIGKILL);
  }};
  return work();
}

TEST_CASE("a child that dies at work is a crash, and the next job works") {
  const auto launcher = start();
  const auto one = launch(*launcher);
  const memory_file file{quarters_png(8, 6)};
  const auto header = probe(*one, file, image_format::png);
  const auto plan = whole_plan(header);
  memory_file out;
  const auto died =
      killed_at_work(*launcher, [&] { return one->preprocess(file.get(), header, plan, out.get(), plenty); });
  REQUIRE(!died);
  CHECK(died.error().code == errc::worker_crashed);
  CHECK(one->probe(file.get(), image_format::png, plenty));
}

TEST_CASE("a header is read by another child when one was killed") {
  const auto launcher = start();
  const auto one = launch(*launcher);
  const memory_file file{quarters_png(8, 6)};
  const int before = only_child(*launcher);
  CHECK(killed_at_work(*launcher, [&] { return one->probe(file.get(), image_format::png, plenty); }));
  CHECK(only_child(*launcher) != before);
}

TEST_CASE("a zygote that died is started again") {
  const auto launcher = start();
  const auto one = launch(*launcher);
  const memory_file file{quarters_png(8, 6)};
  const auto zygote = parent_of(only_child(*launcher));
  REQUIRE(zygote > 1);
  REQUIRE(::kill(zygote, SIGKILL) == 0);
  wait_until_ended(*launcher);
  const auto other = launcher->launch();
  REQUIRE(other);
  CHECK((*other)->probe(file.get(), image_format::png, plenty));
  CHECK(one->probe(file.get(), image_format::png, plenty));
}

std::string status_line(int pid, const std::string& name) {
  std::ifstream status{"/proc/" + std::to_string(pid) + "/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name + ":")) return line.substr(line.find_first_not_of(" \t", name.size() + 1));
  return {};
}

std::string namespace_of(const std::string& process, const std::string& kind) {
  std::error_code none;
  return std::filesystem::read_symlink("/proc/" + process + "/ns/" + kind, none).string();
}

TEST_CASE("a child stands behind its walls") {
  const auto launcher = start();
  const auto one = launch(*launcher);
  // It has an answer once it is confined.
  (void)probe(*one, memory_file{quarters_png(8, 6)}, image_format::png);
  const int child = only_child(*launcher);
  CHECK(status_line(child, "Seccomp") == (filtered ? "2" : "0"));
  CHECK(status_line(child, "NoNewPrivs") == "1");
  if (!launcher->missing_walls().empty()) SKIP("this system refuses " + launcher->missing_walls());
  CHECK(status_line(child, "CapEff") == "0000000000000000");
  CHECK(status_line(child, "CapPrm") == "0000000000000000");
  for (const auto* kind : {"net", "mnt", "ipc", "uts", "pid"}) {
    CAPTURE(kind);
    CHECK(namespace_of(std::to_string(child), kind) != namespace_of("self", kind));
  }
}

TEST_CASE("text is drawn behind the walls") {
  const auto launcher = start();
  if (!launcher->missing_walls().empty()) SKIP("this system refuses " + launcher->missing_walls());
  const auto one = launch(*launcher);
  const memory_file file{png(200, 80, 3, [](auto, auto) { return rgba{0, 0, 0, 255}; })};
  const auto bytes_of = [&](const std::string& text) {
    return convert(*one, file, image_format::png,
                   output(image_format::png, {op("text", {{"text", word(text)}})}))
        .size();
  };
  CHECK(bytes_of("Hello, world") > bytes_of(" ") + 200);
}

TEST_CASE("a required sandbox that is whole is no hindrance") {
  codec_options options;
  options.program = DIP_CODEC;
  options.sandbox_required = true;
  const auto launcher = start_codec(options);
  if (!launcher && launcher.error().detail.find("required") != std::string::npos)
    SKIP(launcher.error().detail);
  CHECK(launcher);
}

TEST_CASE("a child is renewed after its images") {
  const auto launcher = start_renewing(3);
  const auto one = launch(*launcher);
  const memory_file file{quarters_png(8, 6)};
  std::set<int> seen;
  for (int i = 0; i < 6; ++i) {
    for (const int pid : launcher->children()) seen.insert(pid);
    REQUIRE(one->probe(file.get(), image_format::png, plenty));
  }
  CHECK(seen.size() == 2);
}

// What is replaced goes at once; the next job gets another.
size_t children_after_a_job(codec_options options) {
  options.program = DIP_CODEC;
  const auto launcher = start_codec(options);
  REQUIRE(launcher);
  const auto one = launch(**launcher);
  const memory_file file{quarters_png(8, 6)};
  REQUIRE(one->probe(file.get(), image_format::png, plenty));
  const auto left = (*launcher)->children().size();
  CHECK(one->probe(file.get(), image_format::png, plenty));
  return left;
}

TEST_CASE("a child that has grown is renewed, one that has not is kept") {
  codec_options options;
  options.renew_above = 1;
  CHECK(children_after_a_job(options) == 0);
  options.renew_above = 64ULL * 1024 * mebibyte;
  CHECK(children_after_a_job(options) == 1);
}

TEST_CASE("a child that has used as much CPU as a job may is renewed") {
  codec_options options;
  options.longest_job = milliseconds{-1};  // no job uses less
  CHECK(children_after_a_job(options) == 0);
}

TEST_CASE("no descriptor and no child is left behind") {
  const auto before = open_descriptors();
  {
    const auto launcher = start_renewing(2);
    const auto one = launch(*launcher);
    const memory_file file{quarters_png(40, 30)};
    for (int i = 0; i < 5; ++i) {
      const auto tiff = preprocessed(*one, file, image_format::png);
      memory_file out;
      CHECK(one->process(tiff.get(), {output(image_format::webp)}, {out.get()}, -1, {}, plenty));
      CHECK(!one->process(file.get(), {output(image_format::webp)}, {out.get()}, -1, {}, plenty));
    }
    CHECK(launcher->children().size() <= 1);
  }
  CHECK(open_descriptors() == before);
}

}  // namespace
}  // namespace dip
