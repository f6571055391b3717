#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "imaging/codec/library.hpp"
#include "imaging/codec/zygote.hpp"

#ifdef __SANITIZE_THREAD__
// libvips is not instrumented: what its threads share under its own locks would be reported as races.
extern "C" const char* __tsan_default_options();
extern "C" const char* __tsan_default_options() { return "report_bugs=0"; }
#endif

#ifdef __SANITIZE_ADDRESS__
// LeakSanitizer looks into /proc, which is not there behind the walls.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }
#endif

int main(int count, char** words) {
  const std::string_view mode = count == 2 ? words[1] : "";
  if (mode == "--zygote") return dip::pixels::run_zygote(words[0]);
  if (mode == "--version") {
    if (!dip::pixels::start_library(words[0])) return EXIT_FAILURE;
    std::printf("dip-codec with libvips %s\n", dip::pixels::library_version().c_str());
    return EXIT_SUCCESS;
  }
  std::fputs("dip-codec is started by dip; by hand it only knows --version\n", stderr);
  return 2;
}
