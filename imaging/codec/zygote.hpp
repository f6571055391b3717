// The process that children are forked from.
#pragma once

namespace dip::pixels {

// Serves fork requests on `protocol::zygote_socket` until its other end is closed, which is also how the end
// of dip itself is noticed: the signal of PR_SET_PDEATHSIG would come when the thread ends that started this
// process. Its children die with it. Returns the exit status.
[[nodiscard]] int run_zygote(const char* program);

}  // namespace dip::pixels
