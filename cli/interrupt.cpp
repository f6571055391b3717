#include "cli/interrupt.hpp"

#include <atomic>

#include <signal.h>

namespace dip::cli {
namespace {

std::atomic<bool> came = false;
struct sigaction before[2];

void hear(int) { came = true; }

}  // namespace

interrupt_watch::interrupt_watch() {
  came = false;
  struct sigaction action = {};
  action.sa_handler = &hear;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, &before[0]);
  ::sigaction(SIGTERM, &action, &before[1]);
}

interrupt_watch::~interrupt_watch() {
  ::sigaction(SIGINT, &before[0], nullptr);
  ::sigaction(SIGTERM, &before[1], nullptr);
}

bool interrupted() { return came; }

}  // namespace dip::cli
