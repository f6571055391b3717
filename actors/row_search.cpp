#include "actors/row_search.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "actors/partition_news.hpp"

namespace dip {
namespace {

// What is left of a message between nodes when all else is in it.
constexpr size_t most_bytes = size_t{512} * 1024;

template <class Row>
answer one(result<Row> row, std::vector<Row> found_rows::* in) {
  if (!row) return error_answer(row.error());
  answer a;
  (a.found.emplace().*in).push_back(std::move(*row));
  return a;
}

// Takes rows until there are enough of them.
template <class Row>
class page_of {
public:
  page_of(std::vector<Row>& into, bool& more, std::uint32_t limit) : into_(into), more_(more), left_(limit) {}
  bool take(const Row& row) {
    bytes_ += encode(row).size();
    if (left_ == 0 || (bytes_ > most_bytes && !into_.empty())) {
      more_ = true;
      return false;
    }
    into_.push_back(row);
    --left_;
    return true;
  }

private:
  std::vector<Row>& into_;
  bool& more_;
  std::uint32_t left_;
  size_t bytes_ = 0;
};

result<void> list_requests(const state_view& view, const read_rows& wanted, found_rows& out) {
  std::optional<request_id> before;
  if (!wanted.key.empty()) {
    const auto id = ulid::parse(wanted.key);
    if (!id) return fail(errc::bad_request, "this cursor was not made here");
    before = request_id{*id};
  }
  page_of<request_record> page{out.requests, out.more, wanted.limit};
  view.each_request(before, [&](const request_record& r) {
    if (r.created_at < wanted.since) return false;
    if (wanted.status != 255 && static_cast<std::uint8_t>(r.status) != wanted.status) return true;
    return page.take(r);
  });
  return {};
}

void list_objects(const state_view& view, const read_rows& wanted, found_rows& out) {
  page_of<object_row> page{out.objects, out.more, wanted.limit};
  const auto before = wanted.key.empty() ? std::nullopt : std::optional{wanted.key};
  view.each_object(wanted.in, before, [&](const object_row& row) { return row.unlisted || page.take(row); });
}

void list_suppressions(const state_view& view, const read_rows& wanted, found_rows& out) {
  page_of<suppression_row> page{out.suppressions, out.more, wanted.limit};
  view.each_suppression(wanted.key, [&](const suppression_row& row) { return page.take(row); });
}

result<void> list_audit(const state_view& view, const read_rows& wanted, found_rows& out) {
  std::optional<ulid> before;
  if (!wanted.key.empty()) {
    const auto id = ulid::parse(wanted.key);
    if (!id) return fail(errc::bad_request, "this cursor was not made here");
    before = *id;
  }
  page_of<audit_row> page{out.audit, out.more, wanted.limit};
  view.each_audit(before, [&](const audit_row& row) { return page.take(row); });
  return {};
}

errc error_of(const queue_message& m) { return m.history.empty() ? errc::internal : m.history.back().code; }

result<void> list_messages(const state_view& view, const read_rows& wanted, bool dead, found_rows& out) {
  message_id from;
  if (!wanted.key.empty()) {
    const auto [end, ec] =
        std::from_chars(wanted.key.data(), wanted.key.data() + wanted.key.size(), from.value);
    if (ec != std::errc{} || end != wanted.key.data() + wanted.key.size())
      return fail(errc::bad_request, "this cursor was not made here");
    ++from.value;
  }
  page_of<queue_message> page{out.messages, out.more, wanted.limit};
  view.each_message(wanted.queue, dead, from, [&](const queue_message& m) {
    if (wanted.status != 255 && wanted.status != static_cast<std::uint8_t>(state_of(m, wanted.since)))
      return true;
    if (wanted.error && error_of(m) != *wanted.error) return true;
    return page.take(m);
  });
  return {};
}

void group_dead_letters(const state_view& view, const read_rows& wanted, found_rows& out) {
  view.each_message(wanted.queue, true, {}, [&](const queue_message& m) {
    if (out.count == wanted.limit) {
      out.more = true;
      return false;
    }
    ++out.count;
    const auto code = error_of(m);
    auto group = std::ranges::find(out.groups, code, &found_rows::error_count::code);
    if (group == out.groups.end()) group = out.groups.insert(group, {code, 0});
    ++group->count;
    return true;
  });
}

answer listed(const result<void>& done, answer a) { return done ? a : error_answer(done.error()); }

}  // namespace

answer find_rows(const state_view& view, const read_rows& wanted) {
  answer a;
  switch (wanted.what) {
    case row_kind::request: {
      const auto id = ulid::parse(wanted.key);
      if (!id) return error_answer({errc::not_found, "no such request", ""});
      return one(view.request(request_id{*id}), &found_rows::requests);
    }
    case row_kind::object: return one(view.object({wanted.in, wanted.key}), &found_rows::objects);
    case row_kind::idempotency: return one(view.idempotency(wanted.key), &found_rows::idempotency);
    case row_kind::suppression: return one(view.suppression(wanted.key), &found_rows::suppressions);
    case row_kind::requests:
      if (const auto listed = list_requests(view, wanted, a.found.emplace()); !listed)
        return error_answer(listed.error());
      return a;
    case row_kind::objects: list_objects(view, wanted, a.found.emplace()); return a;
    case row_kind::suppressions: list_suppressions(view, wanted, a.found.emplace()); return a;
    case row_kind::audit: {
      const auto done = list_audit(view, wanted, a.found.emplace());
      return listed(done, std::move(a));
    }
    case row_kind::messages: {
      const auto done = list_messages(view, wanted, false, a.found.emplace());
      return listed(done, std::move(a));
    }
    case row_kind::dead_letters: {
      const auto done = list_messages(view, wanted, true, a.found.emplace());
      return listed(done, std::move(a));
    }
    case row_kind::dead_by_error: group_dead_letters(view, wanted, a.found.emplace()); return a;
    case row_kind::live: a.found.emplace().count = view.live_requests(wanted.key); return a;
  }
  return error_answer({errc::bad_request, "rows of a kind that is not known here", ""});
}

}  // namespace dip
