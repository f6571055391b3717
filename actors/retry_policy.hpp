// How often a queue's messages are tried again, and after how long. Plain and pure.
#pragma once

#include <cstdint>
#include <optional>

#include "core/clock.hpp"
#include "core/config.hpp"
#include "core/queue_message.hpp"

namespace dip {

class retry_policy {
public:
  // The policy of a queue: backoff with full jitter until workers.max_receives, or the ladder of
  // notifications.
  [[nodiscard]] static retry_policy of(queue_name queue, const config& c);

  // A counted try of `m` has just failed (its `failed` does not have it yet): the delay before the next, or
  // nothing: a dead letter. `dice` is evenly spread over all 64-bit numbers. Both delays are not below
  // `wished`, but for the ladder's last try, which is made when its time is over.
  [[nodiscard]] std::optional<milliseconds> after_failure(const queue_message& m, wall_time now,
                                                          std::uint64_t dice, milliseconds wished = {}) const;
  // A lease ran out or was lost. No failure of the image; but one that takes its worker down each time must
  // end: after four times as many leases as tries, and a notification with its ladder.
  [[nodiscard]] std::optional<milliseconds> after_loss(const queue_message& m, wall_time now,
                                                       milliseconds wished = {}) const;

private:
  [[nodiscard]] milliseconds extended(milliseconds delay, milliseconds wished, const queue_message& m,
                                      wall_time now) const;

  bool ladder_ = false;
  std::uint32_t most_ = 5;
  milliseconds first_{1'000};
  milliseconds longest_{300'000};
  milliseconds in_all_{0};  // of the ladder
};

}  // namespace dip
