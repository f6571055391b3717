#include "runtime/node_rows.hpp"

#include <utility>

#include "actors/row_search.hpp"
#include "storage/hashed_partition.hpp"

namespace dip {
namespace {

// A healthy change of leaders is over by then.
constexpr milliseconds failover{3'000};

template <class Row>
result<Row> first_of(result<found_rows> found, std::vector<Row> found_rows::* in) {
  if (!found) return tl::make_unexpected(found.error());
  auto& rows = (*found).*in;
  if (rows.size() != 1) return fail(errc::internal, "not the row that was asked for");
  return std::move(rows.front());
}

// Where the next part of a listing goes on.
std::string last_key(const found_rows& f) {
  if (!f.requests.empty()) return f.requests.back().id.text();
  if (!f.objects.empty()) return f.objects.back().name.key;
  return f.suppressions.empty() ? std::string{} : f.suppressions.back().address;
}

size_t rows_in(const found_rows& f) { return f.requests.size() + f.objects.size() + f.suppressions.size(); }

template <class Row>
void append(std::vector<Row>& to, std::vector<Row>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

result<object_row> node_rows::object(const object_name& name) {
  const auto p = name.partition();
  if (!env_.to_peers) return view(p)->object(name);
  return first_of(ask_.read_from(p, {.what = row_kind::object, .key = name.key, .in = name.in}),
                  &found_rows::objects);
}

result<suppression_row> node_rows::suppression(const std::string& address) {
  const auto p = hashed_partition(address, partitions());
  if (!env_.to_peers) return view(p)->suppression(address);
  return first_of(ask_.read_from(p, {.what = row_kind::suppression, .key = address}),
                  &found_rows::suppressions);
}

result<request_record> node_rows::request(const request_id& id) const {
  if (!env_.to_peers) return view(id.partition())->request(id);
  return first_of(ask_.read_from(id.partition(), {.what = row_kind::request, .key = id.text()}),
                  &found_rows::requests);
}

result<http::found_request> node_rows::request_or_copy(const request_id& id) const {
  const auto fresh = [](request_record&& r) { return http::found_request{std::move(r), false}; };
  if (!env_.to_peers) return request(id).map(fresh);
  auto found =
      first_of(ask_.read_from(id.partition(), {.what = row_kind::request, .key = id.text()}, failover),
               &found_rows::requests);
  if (found || found.error().code != errc::no_quorum) return std::move(found).map(fresh);
  auto copy = view(id.partition())->request(id);
  if (!copy) return tl::make_unexpected(found.error());
  return http::found_request{std::move(*copy), true};
}

result<idempotency_row> node_rows::idempotency(partition_id p, const std::string& key) const {
  if (!env_.to_peers) return view(p)->idempotency(key);
  return first_of(ask_.read_from(p, {.what = row_kind::idempotency, .key = key}), &found_rows::idempotency);
}

bool node_rows::keeps(partition_id p) const {
  if (!env_.to_peers) return true;
  // What it is to keep may only be on its way here.
  if (const auto w = env_.changes ? env_.changes->begin_walk() : std::nullopt; w && !w->groups_settled)
    return false;
  return env_.place_of(p).is_kept_by(env_.node);
}

result<node_rows::listing> node_rows::list(const read_rows& wanted) const {
  listing out;
  std::vector<std::pair<partition_id, read_rows>> left;
  for (std::uint16_t p = 0; p < partitions(); ++p) left.emplace_back(partition_id{p}, wanted);
  // An answer is cut for its length, too: until all are whole.
  while (!left.empty()) {
    auto parts = env_.to_peers ? ask_.read_each(left, failover) : read_here(left);
    std::vector<std::pair<partition_id, read_rows>> next;
    for (std::size_t i = 0; i < left.size(); ++i) {
      auto& [p, asked] = left[i];
      auto& part = parts[i];
      if (!part && part.error().code == errc::no_quorum && keeps(p)) {
        part = asking::rows_of(find_rows(*view(p), asked));
        out.stale = true;
      }
      if (!part) return tl::make_unexpected(part.error());
      const auto got = rows_in(*part);
      if (part->more && got > 0 && got < asked.limit) {
        asked.key = last_key(*part);
        asked.limit -= static_cast<std::uint32_t>(got);
        next.emplace_back(p, std::move(asked));
      }
      append(out.rows.requests, part->requests);
      append(out.rows.objects, part->objects);
      append(out.rows.suppressions, part->suppressions);
    }
    left = std::move(next);
  }
  return out;
}

std::vector<result<found_rows>> node_rows::read_here(
    const std::vector<std::pair<partition_id, read_rows>>& wanted) const {
  std::vector<result<found_rows>> out;
  for (const auto& [p, asked] : wanted) out.push_back(asking::rows_of(find_rows(*view(p), asked)));
  return out;
}

result<std::uint64_t> node_rows::live(const std::string& key) const {
  std::uint64_t count = 0;
  const read_rows wanted{.what = row_kind::live, .key = key};
  for (std::uint16_t p = 0; p < partitions(); ++p) {
    const auto found =
        keeps({p}) ? asking::rows_of(find_rows(*view({p}), wanted)) : ask_.read_from({p}, wanted);
    if (!found) return tl::make_unexpected(found.error());
    count += found->count;
  }
  return count;
}

}  // namespace dip
