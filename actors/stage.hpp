// The work of a lease, as plain classes: what to do, and what to tell the log of it. No actors here.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "actors/messages.hpp"
#include "core/object.hpp"

namespace dip {

// An entry for another partition's log than the message's.
struct elsewhere {
  partition_id partition;
  command what;
};

// What a stage made of a message.
struct stage_news {  // publish to this topic; `made` are the objects that the entry speaks of
  topic_name topic = topic_name::request;
  command what;
  std::vector<object_name> made;
  std::optional<elsewhere> before = {};  // must be in its log first, and may be there twice
};
struct stage_retry {  // a fault that may pass: back to the queue
  errc code = errc::internal;
  std::string detail;
  milliseconds not_before{0};  // the next try waits for so long at least
  bool counted = true;         // false: it was not tried at all
};
using stage_outcome = std::variant<stage_news, stage_retry>;

// Blocks; one call at a time per thread, any number of threads. Never throws.
class stage {
public:
  virtual ~stage() = default;
  // `worker` is the name that the timeline shows.
  virtual stage_outcome run(const leased_work& work, const std::string& worker) = 0;
  // No run takes longer unless it hangs: its lease is not renewed beyond, and the work is another's.
  [[nodiscard]] virtual milliseconds longest() const = 0;
};

}  // namespace dip
