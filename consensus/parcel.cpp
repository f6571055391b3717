#include "consensus/parcel.hpp"

#include <algorithm>

#include <xxhash.h>

#include "core/codec.hpp"

namespace dip::consensus {
namespace {

constexpr char parcel_version = 1;
constexpr size_t head = 9;

struct parcel_record {
  std::vector<addressed_message> messages;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.messages);
  }
};

std::string checksum_of(std::string_view bytes) {
  XXH64_canonical_t out;
  XXH64_canonicalFromHash(&out, XXH3_64bits(bytes.data(), bytes.size()));
  return {reinterpret_cast<const char*>(out.digest), sizeof out.digest};
}

bool is_sound(const membership& m) { return !m.members.empty() && parse_membership(encode(m)).has_value(); }

// They are counted on from; none of ours comes near.
bool is_small(std::uint64_t number) { return number < std::uint64_t{1} << 56; }

// A place in a log: index and term are both there, or neither.
bool is_place(log_index index, term_number term) {
  return (index.value == 0) == (term.value == 0) && is_small(index.value);
}

bool is_sound(const append_entries& m) {
  auto before = m.prev_term;
  for (const auto& e : m.entries) {
    if (e.term < before || e.term.value == 0 || e.kind > entry_kind::members) return false;
    if (e.kind == entry_kind::members && !parse_membership(e.payload)) return false;
    before = e.term;
  }
  return is_place(m.prev_index, m.prev_term) && before <= m.term;
}
bool is_sound(const append_result& m) {
  return (m.rejected.value == 0 || m.last < m.rejected) && is_small(m.last.value) &&
         is_small(m.rejected.value);
}
bool is_sound(const request_vote& m) { return is_place(m.last_index, m.last_term) && m.last_term < m.term; }
bool is_sound(const install_snapshot& m) {
  return m.mark.index.value > 0 && is_small(m.mark.index.value) && m.mark.term.value > 0 &&
         m.mark.term <= m.term && is_sound(m.mark.members) && m.mark.members_index.value > 0 &&
         m.mark.members_index <= m.mark.index;
}
bool is_sound(const timeout_now& m) { return is_place(m.last_index, m.last_term) && m.last_term <= m.term; }
bool is_sound(const vote_result&) { return true; }
bool is_sound(const read_probe& m) { return m.sequence > 0; }
bool is_sound(const read_ack& m) { return m.sequence > 0; }
bool is_sound(const piece_request& m) { return m.index.value > 0; }
bool is_sound(const piece_answer& m) {
  return m.index.value > 0 && (!m.gone || (m.rows.empty() && m.next.empty()));
}

bool is_sound(const message& m) {
  return m.from.value > 0 && m.to.value > 0 && m.from != m.to && term_of(m).value > 0 &&
         is_small(term_of(m).value) && std::visit([](const auto& body) { return is_sound(body); }, m.body);
}

size_t size_of(const message& m) {
  size_t size = 64;
  if (const auto* append = std::get_if<append_entries>(&m.body))
    for (const auto& e : append->entries) size += e.payload.size() + 16;
  if (const auto* piece = std::get_if<piece_answer>(&m.body))
    size += piece->rows.size() + piece->from.size() + piece->next.size();
  return size;
}

}  // namespace

void outbox::add(partition_id p, message m) {
  const auto to = m.to;
  const auto size = size_of(m);
  auto& parcel = open_[to];
  if (!parcel.messages.empty() && parcel.bytes + size > limit_) close(to, parcel);
  parcel.bytes += size;
  parcel.messages.push_back({p, std::move(m)});
}

void outbox::close(node_id to, open_parcel& parcel) {
  closed_.emplace_back(to, to_parcel(parcel.messages));
  parcel = {};
}

std::vector<std::pair<node_id, std::string>> outbox::take() {
  for (auto& [to, parcel] : open_) close(to, parcel);
  open_.clear();
  return std::exchange(closed_, {});
}

std::string to_parcel(const std::vector<addressed_message>& messages) {
  const auto record = encode(parcel_record{messages});
  std::string out(1, parcel_version);
  return out.append(checksum_of(record)).append(record);
}

result<std::vector<addressed_message>> parse_parcel(std::string_view bytes) {
  if (bytes.size() < head) return fail(errc::corrupt, "a parcel that is cut off");
  if (bytes.front() != parcel_version) return fail(errc::corrupt, "a parcel of an unknown version");
  const auto record = bytes.substr(head);
  if (bytes.substr(1, head - 1) != checksum_of(record))
    return fail(errc::corrupt, "a parcel that has not its checksum");
  auto read = decode<parcel_record>(record);
  if (!read) return tl::make_unexpected(read.error());
  for (const auto& m : read->messages)
    if (!is_sound(m.what))
      return fail(errc::corrupt, "a message that no replica sends: " + to_string(m.what));
  return std::move(read->messages);
}

}  // namespace dip::consensus
