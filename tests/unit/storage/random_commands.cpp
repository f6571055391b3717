#include "tests/unit/storage/random_commands.hpp"

namespace dip::test {
namespace {

constexpr milliseconds keep{2'000};

template <class T>
const T* any_of(const std::vector<T>& from, std::uint32_t dice) {
  return from.empty() ? nullptr : &from[dice % from.size()];
}

}  // namespace

std::vector<request_record> all_requests(const state_view& view) {
  std::vector<request_record> found;
  view.each_request(std::nullopt, [&](const request_record& r) {
    found.push_back(r);
    return true;
  });
  return found;
}

std::vector<object_row> all_objects(const state_view& view, bucket in) {
  std::vector<object_row> found;
  view.each_object(in, std::nullopt, [&](const object_row& row) {
    found.push_back(row);
    return true;
  });
  return found;
}

std::vector<queue_message> all_messages(const state_view& view, queue_name queue, bool dead) {
  std::vector<queue_message> found;
  view.each_message(queue, dead, {}, [&](const queue_message& m) {
    found.push_back(m);
    return true;
  });
  return found;
}

ulid random_commands::make_id(wall_time now) {
  std::string bytes(ulid::size, '\0');
  const auto ms = static_cast<std::uint64_t>(now.time_since_epoch().count());
  for (size_t i = 0; i < 6; ++i) bytes[i] = static_cast<char>(ms >> (8 * (5 - i)));
  for (size_t i = 6; i < 14; ++i) bytes[i] = static_cast<char>(below(256));
  bytes[15] = static_cast<char>(partition_.value);
  return ulid::from_bytes(bytes);
}

object_row random_commands::make_file(bucket in, wall_time now) {
  object_row row;
  row.name = {in, make_id(now).text() + ".png"};
  row.size = below(1000);
  row.sha256 = "sum";
  row.expires_at = now + keep;
  row.pins = below(20) == 0 ? 3 : 0;
  return row;
}

command random_commands::next(const state_view& view, wall_time now) {
  switch (below(20)) {
    case 0:
    case 1: return put_object{make_file(bucket::request_files, now)};
    case 2:
    case 3: return accept(view, now);
    case 4:
    case 5:
    case 6:
    case 7: return grant(view);
    case 8:
    case 9:
    case 10:
    case 11:
    case 12: return settle(view, now);
    case 13:
      if (const auto requests = all_requests(view); const auto* r = any_of(requests, below(1000)))
        return cancel_request{r->id, now + keep};
      return barrier{};
    case 14: return expire(view);
    case 16: {
      const auto address = std::string(1, static_cast<char>('a' + below(5))) + "@example.org";
      if (below(3) == 0) return clear_suppression{address};
      return suppress_address{{address, {}, "550", {make_id(now)}}};
    }
    case 18: return steer(view, now);
    case 19: {
      auto requests = all_requests(view);
      // Mostly one that can be.
      if (below(8) != 0)
        std::erase_if(requests, [](const auto& r) { return r.status != request_status::failed; });
      if (const auto* r = any_of(requests, below(1000))) return retry_request{r->id};
      return barrier{};
    }
    case 17:
      if (const auto requests = all_requests(view); const auto* r = any_of(requests, below(1000)))
        return resend_notification{r->id};
      return barrier{};
    default:
      return reserve_idempotency{
          {std::to_string(below(10)), std::to_string(below(2)), {make_id(now)}, {}, now + keep}};
  }
}

command random_commands::steer(const state_view& view, wall_time now) {
  const auto queue = static_cast<queue_name>(below(queue_count));
  const auto letters = all_messages(view, queue, true);
  switch (below(4)) {
    case 0: return pause_queue{queue, below(2) == 0};
    case 1: {
      audit_row row;
      row.id = make_id(now);
      row.what = "redrive";
      return note_audit{std::move(row)};
    }
    case 2:
      if (const auto* m = any_of(letters, below(1000))) return discard_dead_letter{m->ref};
      return barrier{};
    default: break;
  }
  redrive_dead_letters again{queue, {}};
  for (const auto& m : letters)
    if (below(2) == 0) again.ids.push_back(m.ref.id);
  again.ids.push_back({below(1000)});
  return again;
}

command random_commands::accept(const state_view& view, wall_time now) {
  const auto files = all_objects(view, bucket::request_files);
  const auto* file = any_of(files, below(1000));
  if (file == nullptr) return barrier{};
  if (below(10) == 0) return delete_object{file->name};
  request_record r;
  r.id = {make_id(now)};
  r.file = file->name;
  if (below(2) == 0) r.email = "a@example.org";
  if (below(3) == 0) r.webhook = "https://example.org";
  const auto known = all_requests(view);
  if (const auto* there = any_of(known, below(1000)); there != nullptr && below(10) == 0) r.id = there->id;
  return accept_request{std::move(r)};
}

command random_commands::grant(const state_view& view) {
  grant_leases g;
  g.queue = static_cast<queue_name>(below(queue_count));
  g.node = "n" + std::to_string(below(3));
  for (const auto& m : all_messages(view, g.queue, false))
    if ((!m.leased && below(2) == 0) || below(20) == 0) g.grants.push_back({m.ref.id, {1, ++counter_}});
  return g;
}

command random_commands::settle(const state_view& view, wall_time now) {
  const auto messages = all_messages(view, static_cast<queue_name>(below(queue_count)), false);
  const auto* m = any_of(messages, below(1000));
  if (m == nullptr) return barrier{};
  claim by{m->ref, m->leased ? m->leased->token : fencing_token{1, 1}, "n1", "w", 5};
  if (below(12) == 0) --by.token.counter;
  if (below(4) == 0)
    return return_message{by, {errc::timeout, "late", ""}, below(2) == 0, milliseconds{below(50)}};
  const bool mail = m->ref.queue == queue_name::notifier;
  return mail == (below(15) != 0) ? settle_mail(by) : settle_stage(by, *m, now);
}

command random_commands::settle_mail(const claim& by) {
  const bool dead = below(4) == 0;
  return settle_notification{by, dead ? notification_state::failed : notification_state::sent, "said", dead};
}

command random_commands::settle_stage(const claim& by, const queue_message& m, wall_time now) {
  const auto dice = below(10);
  if (dice < 2)
    return fail_request{by, {errc::invalid_image, "bad", "x"}, dice == 0, now + keep, now + keep / 4};
  if (dice == 2) return redo_preprocess{by};
  if ((m.kind == message_kind::preprocess) == (dice != 3))
    return complete_preprocess{by, make_file(bucket::preprocessed_files, now)};
  auto file = make_file(bucket::processed_files, now);
  complete_process done{by, {file},     {{"web", file.name, image_format::png, 1, 1, 1}},
                        {}, now + keep, now + keep / 4};
  return done;
}

// All that there is, expired or not: the tables must know better.
command random_commands::expire(const state_view& view) {
  remove_expired all;
  for (std::uint8_t b = 0; b < 3; ++b)
    for (const auto& row : all_objects(view, static_cast<bucket>(b))) all.objects.push_back(row.name);
  for (const auto& r : all_requests(view)) all.requests.push_back(r.id);
  for (std::uint8_t q = 0; q < queue_count; ++q) {
    for (const auto& m : all_messages(view, static_cast<queue_name>(q), true))
      if (below(3) == 0) all.dead_letters.push_back(m.ref);
    for (const auto& m : all_messages(view, static_cast<queue_name>(q), false))
      all.dead_letters.push_back(m.ref);
  }
  for (int k = 0; k < 10; ++k) all.idempotency_keys.push_back(std::to_string(k));
  return all;
}

}  // namespace dip::test
