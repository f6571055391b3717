// The log cannot be written: nothing more is acknowledged, and the process is told to end.
#include <csignal>
#include <filesystem>

#include <catch2/catch_test_macros.hpp>
#include <sys/resource.h>

#include "tests/support/scratch_dir.hpp"
#include "tests/unit/storage/store_kit.hpp"

using namespace dip;
using namespace dip::test;

namespace {

// While it lives no file of this process grows beyond `size`: a write fails with EFBIG, as on a full disk.
class file_size_limit {
public:
  explicit file_size_limit(rlim_t size) : before_(std::signal(SIGXFSZ, SIG_IGN)) {
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &limit_) == 0);
    auto low = limit_;
    low.rlim_cur = size;
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &low) == 0);
  }
  file_size_limit(const file_size_limit&) = delete;
  file_size_limit& operator=(const file_size_limit&) = delete;
  ~file_size_limit() {
    ::setrlimit(RLIMIT_FSIZE, &limit_);
    std::signal(SIGXFSZ, before_);
  }

private:
  rlimit limit_{};
  void (*before_)(int);
};

}  // namespace

TEST_CASE("a failed write is fatal, is acknowledged to nobody, and loses nothing that was") {
  test::scratch_dir dir;
  const auto state = dir.text() + "/state";
  int acknowledged = 0;
  term_number term;
  {
    heard_store s{state};
    REQUIRE(s.is_open());
    REQUIRE(s.commit({1}, reserve("first")));
    term = s.open({1}).term();
    const file_size_limit limit{256 * 1024};
    while (acknowledged < 100'000 && s.commit({1}, reserve(std::to_string(acknowledged)))) ++acknowledged;
    REQUIRE(acknowledged < 100'000);
    REQUIRE(s.fatal());
    CHECK_FALSE(s.fatal()->detail.empty());
    CHECK(s.open({1}).propose(reserve("late"), {}).error().code == errc::internal);
    CHECK_FALSE(s.commit({1}, reserve("later")));
  }
  heard_store again{state};
  INFO(again.refusal().detail);
  REQUIRE(again.is_open());
  CHECK(again.open({1}).term().value > term.value);
  const auto view = again.store().view({1});
  for (int i = 0; i < acknowledged; ++i) CHECK(view->idempotency(std::to_string(i)));
  CHECK_FALSE(view->idempotency("late"));
}
