#include "runtime/node_notifications.hpp"

#include <algorithm>
#include <utility>

#include "notify/address.hpp"
#include "storage/hashed_partition.hpp"

namespace dip {

result<request_record> node_notifications::resend(const request_id& id) {
  const auto p = id.partition();
  if (p.value >= env_.store->partitions()) return fail(errc::not_found, "no such request");
  auto a = ask_.publish_to(p, topic_name::notifier, resend_notification{id});
  if (!a) return tl::make_unexpected(a.error());
  if (!a->request) return fail(errc::internal, "the request was not answered");
  return std::move(*a->request);
}

result<http::page<suppression_row>> node_notifications::suppressions(std::uint32_t limit,
                                                                     std::string_view cursor) {
  http::page<suppression_row> out;
  for (std::uint16_t p = 0; p < env_.store->partitions(); ++p) {
    std::uint32_t taken = 0;
    env_.store->view({p})->each_suppression(cursor, [&](const suppression_row& row) {
      out.items.push_back(row);
      return ++taken <= limit;
    });
  }
  std::ranges::sort(out.items, {}, &suppression_row::address);
  if (out.items.size() > limit) {
    out.items.resize(limit);
    out.next_cursor = out.items.back().address;
  }
  return out;
}

result<void> node_notifications::clear_suppression(std::string_view address) {
  const auto key = normal_address(address);
  return ask_.propose_to(hashed_partition(key, env_.store->partitions()), dip::clear_suppression{key})
      .map([](const answer&) {});
}

}  // namespace dip
