// A system that refuses namespaces, as containers do.
#include <cerrno>
#include <cstdlib>
#include <functional>
#include <string>

#include <catch2/catch_test_macros.hpp>
#include <linux/capability.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/imaging/harness.hpp"

namespace dip {
namespace {

using namespace testing;

constexpr int held = 40, did_not_hold = 41, broken = 42;

bool refuse_namespaces() {
  auto* filter = ::seccomp_init(SCMP_ACT_ALLOW);
  return filter != nullptr &&
         ::seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(unshare), 0, nullptr) == 0 &&
         ::seccomp_load(filter) == 0;
}

// Root, but with none of its rights, now and after each exec.
bool give_up_rights() {
  for (int right = 0; right <= CAP_LAST_CAP; ++right)
    if (::prctl(PR_CAPBSET_DROP, right) != 0 && errno != EINVAL) return false;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2]{};
  return ::syscall(SYS_capset, &header, none) == 0;
}

// Whether `claim` holds in a process, and in those that it starts, after `prepare`.
bool holds_after(bool (*prepare)(), const std::function<bool()>& claim) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (!prepare()) ::_exit(broken);
    ::_exit(claim() ? held : did_not_hold);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) != broken);
  return WEXITSTATUS(status) == held;
}

codec_options options(bool required) {
  codec_options made;
  made.program = DIP_CODEC;
  made.sandbox_required = required;
  return made;
}

TEST_CASE("where namespaces are refused, a required sandbox is an error that says so") {
  CHECK(holds_after(refuse_namespaces, [] {
    const auto launcher = start_codec(options(true));
    return !launcher && launcher.error().code == errc::io &&
           launcher.error().detail.find("no namespaces: Operation not permitted") != std::string::npos;
  }));
}

TEST_CASE("where namespaces are refused, images are worked on all the same, and what is missing is said") {
  CHECK(holds_after(refuse_namespaces, [] {
    const auto launcher = start_codec(options(false));
    if (!launcher || (*launcher)->missing_walls().find("no namespaces") == std::string::npos) return false;
    const auto one = (*launcher)->launch();
    return one && (*one)->probe(memory_file{quarters_png(8, 8)}.get(), image_format::png, plenty).has_value();
  }));
}

TEST_CASE("root without rights works in a weaker sandbox, and what is missing is said") {
  if (::geteuid() != 0) SKIP("only root can give up its rights");
  CHECK(holds_after(give_up_rights, [] {
    const auto launcher = start_codec(options(false));
    if (!launcher || (*launcher)->missing_walls().empty()) return false;
    const auto one = (*launcher)->launch();
    return one && (*one)->probe(memory_file{quarters_png(8, 8)}.get(), image_format::png, plenty).has_value();
  }));
  CHECK(holds_after(give_up_rights, [] {
    const auto launcher = start_codec(options(true));
    return !launcher && launcher.error().code == errc::io;
  }));
}

TEST_CASE("where there is no jail, text is refused with a sentence") {
  CHECK(holds_after(refuse_namespaces, [] {
    const auto launcher = start_codec(options(false));
    if (!launcher) return false;
    const auto one = (*launcher)->launch();
    if (!one) return false;
    const memory_file file{quarters_png(80, 80)}, between, out;
    const auto header = (*one)->probe(file.get(), image_format::png, plenty);
    if (!header || !(*one)->preprocess(file.get(), *header, whole_plan(*header), between.get(), plenty))
      return false;
    const auto drawn =
        (*one)->process(between.get(), {output(image_format::png, {op("text", {{"text", word("Hello")}})})},
                        {out.get()}, -1, {}, plenty);
    return !drawn && drawn.error().code == errc::invalid_operation &&
           drawn.error().detail.find("fonts") != std::string::npos;
  }));
}

}  // namespace
}  // namespace dip
