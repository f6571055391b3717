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

result<found_rows> node_rows::list(partition_id p, read_rows wanted) const {
  found_rows out;
  const bool here = keeps(p);
  for (;;) {
    auto part =
        here
            ? asking::checked(find_rows(*view(p), wanted)).map([](answer&& a) { return std::move(*a.found); })
            : ask_.read_from(p, wanted);
    if (!part) return part;
    const auto got = rows_in(*part);
    wanted.key = got == 0 ? wanted.key : last_key(*part);
    append(out.requests, part->requests);
    append(out.objects, part->objects);
    append(out.suppressions, part->suppressions);
    out.count += part->count;
    out.more = part->more;
    if (!part->more || got == 0 || got >= wanted.limit) return out;
    wanted.limit -= static_cast<std::uint32_t>(got);
  }
}

}  // namespace dip
