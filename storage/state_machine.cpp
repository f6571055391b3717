#include "storage/state_machine.hpp"

#include "storage/applier.hpp"

namespace dip {

apply_outcome apply(partition_id p, const log_entry& entry, table_changes& rows) {
  return applier{p, entry, rows}.run();
}

}  // namespace dip
