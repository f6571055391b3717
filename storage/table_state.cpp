#include "storage/table_state.hpp"

#include <iterator>
#include <utility>

#include "core/codec.hpp"
#include "core/failpoint.hpp"
#include "storage/state_machine.hpp"
#include "storage/stored_row.hpp"
#include "storage/table_changes.hpp"
#include "storage/table_view.hpp"

namespace dip {

result<void> table_state::apply(const std::vector<replicated_entry>& entries) {
  const auto before = kv_.snapshot();
  const auto batch = kv_.batch();
  table_changes rows{*before, *batch};
  auto at = applied_row{applied_, stamp_};
  std::vector<apply_outcome> outcomes;
  // Rows that cannot be read while applying are an error like any other.
  try {
    for (const auto& e : entries) {
      ++at.index.value;
      if (e.kind != entry_kind::normal) continue;
      auto stamped = decode<stamped_command>(e.payload);
      if (!stamped) throw damaged_state(stamped.error().detail);
      at.stamp = stamped->at;
      outcomes.push_back(dip::apply(p_, {at.index, e.term, at.stamp, std::move(stamped->what)}, rows));
    }
  } catch (const damaged_state& damage) {
    return fail(errc::corrupt, damage.what());
  }
  batch->put(family::meta, applied_key(p_), encode(at));
  failpoint("before_apply");
  if (auto written = kv_.write(*batch, false); !written) return written;
  failpoint("after_apply");
  rows.each_changed(family::objects, [this](const std::string& key) { objects_.changed(key); });
  applied_ = at.index;
  stamp_ = at.stamp;
  std::move(outcomes.begin(), outcomes.end(), std::back_inserter(outcomes_));
  return {};
}

result<void> table_state::reload() {
  const auto row = row_or_default<applied_row>(*kv_.snapshot(), family::meta, applied_key(p_));
  if (!row) return tl::make_unexpected(row.error());
  applied_ = row->index;
  stamp_ = row->stamp;
  outcomes_.clear();
  objects_.all_changed();
  return {};
}

std::vector<apply_outcome> table_state::take_outcomes() { return std::exchange(outcomes_, {}); }

}  // namespace dip
