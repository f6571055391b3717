// What operators do to messages, queues and requests; and what is kept of it.
#include <algorithm>
#include <iterator>
#include <thread>
#include <utility>

#include <caf/all.hpp>
#include <spdlog/spdlog.h>

#include "actors/directory.hpp"
#include "actors/leaders.hpp"
#include "actors/row_search.hpp"
#include "http/operator_json.hpp"
#include "runtime/node_operator.hpp"
#include "runtime/trace_hops.hpp"

namespace dip {
namespace {

constexpr milliseconds patience{1'000};
constexpr milliseconds for_a_leader{3'000}, ask_again{50};
// Dead letters that are counted, and that one entry of the log redrives.
constexpr std::uint32_t most_counted = 100'000;
constexpr std::size_t most_in_an_entry = 256;

}  // namespace

std::string node_operator::keeper_of(partition_id p) const {
  if (!env_.leads) return env_.node;
  if (auto leader = env_.leads->of(p); !leader.empty()) return leader;
  return env_.place_of(p).leader;
}

std::vector<std::optional<result<found_rows>>> node_operator::read(
    const std::vector<std::pair<partition_id, read_rows>>& wanted) const {
  std::vector<std::optional<result<found_rows>>> out;
  for (auto& found : p_.ask.read_each(wanted, patience)) out.emplace_back(std::move(found));
  // Without a leader this node's own copy is better than nothing.
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto p = wanted[i].first;
    if (*out[i] || out[i]->error().code != errc::no_quorum) continue;
    out[i].reset();
    if (!env_.place_of || env_.place_of(p).is_kept_by(env_.node))
      out[i] = asking::rows_of(find_rows(*env_.store->view(p), wanted[i].second));
  }
  return out;
}

result<http::message_page> node_operator::messages(const http::message_query& q) {
  http::message_page out;
  out.now = env_.time->wall();
  message_ref from;
  if (!q.cursor.empty()) {
    const auto at = http::parse_message_name(q.queue, q.cursor);
    if (!at) return fail(errc::bad_request, "this cursor was not made here");
    from = *at;
  }
  read_rows wanted{.what = q.dead ? row_kind::dead_letters : row_kind::messages,
                   .limit = q.limit + 1,
                   .since = out.now,
                   .queue = q.queue,
                   .error = q.error};
  if (q.state) wanted.status = *q.state;
  std::vector<std::pair<partition_id, read_rows>> all;
  const auto is_wanted = [&](std::uint16_t p) { return !q.partition || *q.partition == p; };
  for (auto p = from.partition.value; p < env_.store->partitions(); ++p) {
    if (!is_wanted(p)) continue;
    auto one = wanted;
    if (!q.cursor.empty() && p == from.partition.value) one.key = std::to_string(from.id.value);
    all.emplace_back(partition_id{p}, std::move(one));
  }
  const auto missing = [&](partition_id p) {
    if (const auto node = keeper_of(p); std::ranges::find(out.unreachable, node) == out.unreachable.end())
      out.unreachable.push_back(node);
  };
  auto found = read(all);
  bool more = false;
  for (std::size_t i = 0; i < all.size() && !more; ++i) {
    if (!found[i]) {
      missing(all[i].first);
      continue;
    }
    if (!*found[i]) return tl::make_unexpected(found[i]->error());
    auto& rows = **found[i];
    more = rows.more;
    std::ranges::move(rows.messages, std::back_inserter(out.items));
    more = more || out.items.size() > q.limit;
  }
  if (out.items.size() > q.limit) out.items.resize(q.limit);
  if (more && !out.items.empty()) out.next_cursor = http::message_name(out.items.back().ref);
  if (!q.dead) return out;

  all.clear();
  for (std::uint16_t p = 0; p < env_.store->partitions(); ++p)
    if (is_wanted(p))
      all.emplace_back(partition_id{p},
                       read_rows{.what = row_kind::dead_by_error, .limit = most_counted, .queue = q.queue});
  for (const auto& part : read(all)) {
    if (!part || !*part) continue;
    out.total += (*part)->count;
    out.more = out.more || (*part)->more;
    for (const auto& g : (*part)->groups) {
      auto there = std::ranges::find(out.groups, g.code, &http::message_page::group::code);
      if (there == out.groups.end()) there = out.groups.insert(there, {g.code, 0});
      there->count += g.count;
    }
  }
  std::ranges::stable_sort(out.groups, std::ranges::greater{}, &http::message_page::group::count);
  return out;
}

result<void> node_operator::redrive_some(partition_id p, queue_name queue, const std::vector<message_id>& ids,
                                         http::redrive_outcome& out) const {
  auto a = p_.ask.try_propose(p, redrive_dead_letters{queue, ids});
  if (!a.ok) return fail(a.code, a.detail);
  out.redriven += a.redriven;
  for (auto& r : a.refused) {
    // It may be gone by an earlier try of this very call.
    if (a.maybe_taken && r.code == errc::not_found)
      ++out.redriven;
    else
      out.refused.push_back({{p, queue, r.id}, r.code, std::move(r.detail)});
  }
  return {};
}

result<void> node_operator::redrive_partition(partition_id p, const http::redrive_query& q,
                                              http::redrive_outcome& out) const {
  read_rows wanted{.what = row_kind::dead_letters,
                   .limit = static_cast<std::uint32_t>(most_in_an_entry),
                   .queue = q.queue,
                   .error = q.error};
  for (;;) {
    auto found = p_.ask.read_from(p, wanted);
    if (!found) return tl::make_unexpected(found.error());
    std::vector<message_id> ids;
    for (const auto& m : found->messages) ids.push_back(m.ref.id);
    if (ids.empty()) return {};
    // Those that are refused stay: it goes on behind them.
    wanted.key = std::to_string(ids.back().value);
    if (auto done = redrive_some(p, q.queue, ids, out); !done) return done;
    if (!found->more) return {};
  }
}

result<http::redrive_outcome> node_operator::redrive(const http::redrive_query& q) {
  http::redrive_outcome out;
  std::map<partition_id, std::vector<message_id>> named;
  for (const auto& m : q.ids) {
    if (!p_.rows.knows(m.partition))
      out.refused.push_back({m, errc::not_found, "it is no dead letter"});
    else
      named[m.partition].push_back(m.id);
  }
  error failed;
  bool any = false;
  const auto note = [&](const result<void>& done) {
    if (done) return;
    any = true;
    failed = done.error();
  };
  for (const auto& [p, ids] : named)
    for (std::size_t i = 0; i < ids.size(); i += most_in_an_entry) {
      const std::vector<message_id> some{
          ids.begin() + static_cast<std::ptrdiff_t>(i),
          ids.begin() + static_cast<std::ptrdiff_t>(std::min(ids.size(), i + most_in_an_entry))};
      const auto done = redrive_some(p, q.queue, some, out);
      if (done) continue;
      for (const auto& id : some)
        out.refused.push_back({{p, q.queue, id}, done.error().code, done.error().detail});
    }
  if (q.ids.empty())
    for (std::uint16_t p = 0; p < env_.store->partitions(); ++p) note(redrive_partition({p}, q, out));
  // What was done is told; the rest is still there, and can be tried again.
  if (any && out.redriven == 0) return tl::make_unexpected(failed);
  if (any) spdlog::warn("not all dead letters were redriven: {}", failed.detail);
  return out;
}

result<void> node_operator::pause(queue_name queue, bool paused) {
  // A leadership that is handed over just now is no reason to leave the queue half paused.
  const auto give_up = env_.time->steady() + for_a_leader;
  for (std::uint16_t p = 0; p < env_.store->partitions(); ++p) {
    auto done = p_.ask.propose_to({p}, pause_queue{queue, paused});
    while (!done && (done.error().code == errc::overloaded || done.error().code == errc::no_quorum) &&
           env_.time->steady() < give_up) {
      std::this_thread::sleep_for(ask_again);
      done = p_.ask.propose_to({p}, pause_queue{queue, paused});
    }
    if (!done) return fail(done.error().code, "partition " + std::to_string(p) + ": " + done.error().detail);
  }
  return {};
}

result<void> node_operator::discard(const message_ref& message) {
  if (!p_.rows.knows(message.partition)) return fail(errc::not_found, "it is no dead letter");
  const auto a = p_.ask.try_propose(message.partition, discard_dead_letter{message});
  if (a.ok || (a.maybe_taken && a.code == errc::not_found)) return {};
  return fail(a.code, a.detail);
}

result<request_record> node_operator::retry(const request_id& id) {
  if (!p_.rows.knows(id.partition())) return fail(errc::not_found, "no such request");
  auto a = p_.ask.try_propose(id.partition(), retry_request{id});
  // It runs again: by this very call, as far as can be told.
  if (!a.ok && a.maybe_taken && a.code == errc::conflict && a.request &&
      a.request->status != request_status::failed)
    return std::move(*a.request);
  auto done = asking::checked(std::move(a));
  if (!done) return tl::make_unexpected(done.error());
  if (!done->request) return fail(errc::internal, "the request was not answered");
  return std::move(*done->request);
}

result<http::page<audit_row>> node_operator::audit(std::uint32_t limit, std::string_view cursor) {
  if (!cursor.empty() && !ulid::parse(cursor))
    return fail(errc::bad_request, "this cursor was not made here");
  std::vector<std::pair<partition_id, read_rows>> all;
  for (std::uint16_t p = 0; p < env_.store->partitions(); ++p)
    all.emplace_back(partition_id{p},
                     read_rows{.what = row_kind::audit, .key = std::string{cursor}, .limit = limit + 1});
  http::page<audit_row> out;
  bool cut = false;
  for (auto& part : read(all)) {
    if (!part) return fail(errc::no_quorum, "a part of what was kept cannot be read now");
    if (!*part) return tl::make_unexpected(part->error());
    cut = cut || (*part)->more;
    std::ranges::move((*part)->audit, std::back_inserter(out.items));
  }
  const auto newer = [](const audit_row& a, const audit_row& b) { return a.id > b.id; };
  const bool more = cut_to(out.items, limit, newer) || cut;
  if (more && !out.items.empty()) out.next_cursor = out.items.back().id.text();
  return out;
}

void node_operator::note(audit_row row) {
  row.node = env_.node;
  spdlog::info("{} from {}: {}{}{}: {}", row.who, row.from, row.what, row.on.empty() ? "" : " on ", row.on,
               row.outcome);
  // Any partition keeps it, one of this node's first: one without a leader is no reason to lose it.
  const auto partitions = env_.store->partitions();
  const auto first = ulid::make(env_.time->wall(), {0}).bytes()[13] % partitions;
  std::vector<partition_id> order;
  for (std::uint16_t i = 0; i < partitions; ++i)
    order.push_back({static_cast<std::uint16_t>((first + i) % partitions)});
  std::ranges::stable_partition(order, [&](partition_id p) { return !env_.leads || env_.leads->is_here(p); });
  order.resize(std::min<std::size_t>(order.size(), 3));
  for (const auto p : order) {
    row.id = ulid::make(env_.time->wall(), p);
    const auto a = p_.ask.try_propose(p, note_audit{row});
    if (a.ok) return;
  }
  spdlog::error("the audit could not be kept: see the line above");
}

result<http::request_trace> node_operator::trace(const request_id& id) {
  if (!p_.rows.knows(id.partition())) return fail(errc::not_found, "no such request");
  auto record = p_.rows.request(id);
  if (!record && record.error().code == errc::not_found) return fail(errc::not_found, "no such request");
  if (!record) return tl::make_unexpected(record.error());
  http::request_trace out;
  std::vector<done_work> works;
  for (auto& [node, said] : inspect_all({.what = inspection::kind::works, .key = id.text()}, out.unreachable))
    std::ranges::move(said.works, std::back_inserter(works));
  std::vector<queue_message> messages;
  if (record->work) {
    const auto& at = *record->work;
    for (const auto kind : {row_kind::messages, row_kind::dead_letters}) {
      read_rows one{.what = kind,
                    .key = at.id.value == 0 ? "" : std::to_string(at.id.value - 1),
                    .limit = 1,
                    .since = env_.time->wall(),
                    .queue = at.queue};
      for (auto& part : read({{id.partition(), std::move(one)}}))
        if (part && *part && !(*part)->messages.empty() && (*part)->messages.front().ref == at)
          messages.push_back(std::move((*part)->messages.front()));
    }
  }
  out.hops = hops_of(*record, messages, std::move(works));
  out.record = std::move(*record);
  return out;
}

}  // namespace dip
