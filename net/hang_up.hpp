// An end to connections whose other end says nothing any more.
#pragma once

#include <cstdint>
#include <set>

namespace dip::net {

// Shuts down, both ways, this process's TCP connections that came to its port `own` or go to one of the ports
// `others`, and all that are being made: whoever waits for them finds that they have ended.
// Any thread.
void hang_up(std::uint16_t own, const std::set<std::uint16_t>& others);

}  // namespace dip::net
