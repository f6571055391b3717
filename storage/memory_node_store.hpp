#pragma once

#include "storage/node_store.hpp"

namespace dip {

// The twin for tests: the same log, tables and rules over maps, and no thread.
class memory_node_store : public node_store {
public:
  // Makes everything durable that was asked to be, and posts so on this thread. True when there was anything.
  virtual bool settle() = 0;
};

[[nodiscard]] std::unique_ptr<memory_node_store> make_memory_node_store(node_store::options options);

}  // namespace dip
