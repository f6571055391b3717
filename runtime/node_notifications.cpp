#include "runtime/node_notifications.hpp"

#include <string>
#include <utility>

#include "notify/address.hpp"
#include "storage/hashed_partition.hpp"

namespace dip {

result<request_record> node_notifications::resend(const request_id& id) {
  const auto p = id.partition();
  if (!rows_.knows(p)) return fail(errc::not_found, "no such request");
  auto a = ask_.try_publish(p, topic_name::notifier, resend_notification{id});
  // They are on their way: by this very call, as far as can be told.
  if (!a.ok && a.maybe_taken && a.code == errc::conflict) return rows_.request(id);
  auto done = asking::checked(std::move(a));
  if (!done) return tl::make_unexpected(done.error());
  if (!done->request) return fail(errc::internal, "the request was not answered");
  return std::move(*done->request);
}

result<http::page<suppression_row>> node_notifications::suppressions(std::uint32_t limit,
                                                                     std::string_view cursor) {
  auto found = rows_.list({.what = row_kind::suppressions, .key = std::string{cursor}, .limit = limit + 1});
  if (!found) return tl::make_unexpected(found.error());
  http::page<suppression_row> out{std::move(found->rows.suppressions), {}, found->stale};
  if (cut_to(out.items, limit, [](const auto& a, const auto& b) { return a.address < b.address; }))
    out.next_cursor = out.items.back().address;
  return out;
}

result<void> node_notifications::clear_suppression(std::string_view address) {
  const auto key = normal_address(address);
  return ask_.propose_to(hashed_partition(key, rows_.partitions()), dip::clear_suppression{key})
      .map([](const answer&) {});
}

}  // namespace dip
