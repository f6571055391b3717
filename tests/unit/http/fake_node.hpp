// A node in memory behind the ports, which records what was asked and fails where it is told to.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include <sys/mman.h>
#include <unistd.h>

#include "http/operator_port.hpp"
#include "http/ports.hpp"

namespace dip::http::test {

inline const wall_time noon = *parse_rfc3339("2026-03-04T12:00:00.500Z");

inline object_row make_row(const object_name& name, const std::string& bytes, const std::string& original) {
  object_row row;
  row.name = name;
  row.size = bytes.size();
  row.sha256 = std::string(60, 'a') + std::to_string(1000 + bytes.size() % 9000);
  row.content_type = "image/png";
  row.header.format = image_format::png;
  row.header.width = 40;
  row.header.height = 30;
  row.created_at = noon;
  row.expires_at = noon + std::chrono::hours{1};
  row.original_name = original;
  return row;
}

struct fake_files final : files_port {
  struct stored {
    object_row row;
    std::string bytes;
  };
  std::mutex mutex;
  std::map<object_name, stored> objects;
  int live_uploads = 0;
  int live_readers = 0;
  std::uint64_t written = 0;
  bool on_disk = false;  // what is opened is a file
  bool recalls = false;  // everything was opened lately
  std::atomic<bool> at_hand = true;
  std::optional<error> on_begin, on_write, on_finish, on_read, on_remove, on_inspect;
  image_info told;  // of every file
  std::function<void()> wrote = [] {};
  std::pair<std::uint32_t, std::string> listed;

  struct intake final : upload {
    explicit intake(fake_files& f) : files(f) {}
    ~intake() override {
      const std::lock_guard lock{files.mutex};
      --files.live_uploads;
    }
    result<void> write(std::string_view piece) override {
      {
        const std::lock_guard lock{files.mutex};
        if (files.on_write) return tl::make_unexpected(*files.on_write);
        files.written += piece.size();
        if (bytes.size() < 4 << 20) bytes += piece;
      }
      files.wrote();
      return {};
    }
    result<object_row> finish(std::string_view original) override {
      const std::lock_guard lock{files.mutex};
      if (files.on_finish) return tl::make_unexpected(*files.on_finish);
      const object_name name{bucket::request_files, ulid::make(noon, partition_id{3}).text() + ".png"};
      return (files.objects[name] = {make_row(name, bytes, std::string{original}), bytes}).row;
    }
    fake_files& files;
    std::string bytes;
  };

  struct reader final : opened_object {
    reader(fake_files& f, stored s) : files(f), file(std::move(s)) {
      if (!f.on_disk) return;
      fd = ::memfd_create("object", MFD_CLOEXEC);
      if (::write(fd, file.bytes.data(), file.bytes.size()) != static_cast<ssize_t>(file.bytes.size()))
        std::abort();
    }
    ~reader() override {
      if (fd >= 0) ::close(fd);
      const std::lock_guard lock{files.mutex};
      --files.live_readers;
    }
    const object_row& row() const override { return file.row; }
    result<size_t> read(std::uint64_t offset, std::span<char> out) override {
      {
        const std::lock_guard lock{files.mutex};
        if (files.on_read && offset > 0) return tl::make_unexpected(*files.on_read);
      }
      const auto count = std::min<std::uint64_t>(out.size(), file.bytes.size() - offset);
      std::copy_n(file.bytes.data() + offset, count, out.data());
      return count;
    }
    int descriptor() const override { return fd; }
    bool at_hand(std::uint64_t /*offset*/, std::uint64_t /*count*/) const override { return files.at_hand; }
    fake_files& files;
    stored file;
    int fd = -1;
  };

  object_name put(const std::string& bytes, const std::string& original = "",
                  const std::string& tail = ".png", bucket in = bucket::request_files) {
    const std::lock_guard lock{mutex};
    const object_name name{in, ulid::make(noon, partition_id{3}).text() + tail};
    objects[name] = {make_row(name, bytes, original), bytes};
    return name;
  }

  result<std::unique_ptr<upload>> begin_upload() override {
    const std::lock_guard lock{mutex};
    if (on_begin) return tl::make_unexpected(*on_begin);
    ++live_uploads;
    return std::make_unique<intake>(*this);
  }
  result<object_row> find(const object_name& name) override {
    const std::lock_guard lock{mutex};
    const auto found = objects.find(name);
    if (found == objects.end()) return fail(errc::not_found, "there is no such file");
    return found->second.row;
  }
  result<std::shared_ptr<opened_object>> open(const object_name& name) override {
    const std::lock_guard lock{mutex};
    const auto found = objects.find(name);
    if (found == objects.end()) return fail(errc::not_found, "there is no such file");
    ++live_readers;
    return std::make_shared<reader>(*this, found->second);
  }
  std::shared_ptr<opened_object> recall(const object_name& name) override {
    if (!recalls) return nullptr;
    auto found = open(name);
    return found ? *found : nullptr;
  }
  result<image_info> inspect(const object_row& row, bool location) override {
    const std::lock_guard lock{mutex};
    if (on_inspect) return tl::make_unexpected(*on_inspect);
    auto out = told;
    out.header = row.header;
    if (!location) std::erase_if(out.exif, [](const exif_entry& e) { return e.name.starts_with("GPS"); });
    return out;
  }
  result<void> remove(const object_name& name) override {
    const std::lock_guard lock{mutex};
    if (on_remove) return tl::make_unexpected(*on_remove);
    if (objects.erase(name) == 0) return fail(errc::not_found, "there is no such file");
    return {};
  }
  result<page<object_row>> list(bucket in, std::uint32_t limit, std::string_view cursor) override {
    const std::lock_guard lock{mutex};
    listed = {limit, std::string{cursor}};
    if (cursor == "bad") return fail(errc::bad_request, "not a cursor of ours");
    page<object_row> out;
    for (const auto& [name, file] : objects)
      if (name.in == in && out.items.size() < limit) out.items.push_back(file.row);
    if (out.items.size() == limit) out.next_cursor = "more";
    return out;
  }
};

struct fake_requests final : requests_port {
  std::mutex mutex;
  std::map<request_id, request_record> records;
  bool stale = false;
  std::optional<error> on_submit, on_cancel;
  process_request submitted;
  std::string key, body;
  caller by;
  query asked;

  request_record add(request_status status) {
    const std::lock_guard lock{mutex};
    request_record r;
    r.id = request_id{ulid::make(noon, partition_id{3})};
    r.file = {bucket::request_files, ulid::make(noon, partition_id{3}).text() + ".png"};
    r.status = status;
    r.created_at = r.updated_at = noon;
    r.timeline.push_back({noon, request_status::accepted, "n1", "", 0});
    if (status != request_status::accepted) r.timeline.push_back({noon, status, "n1", "w", 1});
    return records[r.id] = r;
  }
  result<request_record> submit(const process_request& what, const submission& from) override {
    {
      const std::lock_guard lock{mutex};
      submitted = what;
      key = from.idempotency_key;
      body = from.body;
      by = from.by;
      if (on_submit) return tl::make_unexpected(*on_submit);
    }
    auto r = add(request_status::accepted);
    const std::lock_guard lock{mutex};
    if (const auto name = parse_key(bucket::request_files, what.file)) records[r.id].file = r.file = *name;
    return r;
  }
  result<found_request> find(const request_id& id) override {
    const std::lock_guard lock{mutex};
    const auto found = records.find(id);
    if (found == records.end()) return fail(errc::not_found, "there is no such request");
    return found_request{found->second, stale};
  }
  struct watched final : subscription {
    watched(fake_requests& f, const request_id& r, std::function<void()> n)
        : from(f), id(r), news(std::move(n)) {
      const std::lock_guard lock{from.watch_mutex};
      from.watchers.insert(this);
    }
    ~watched() override {
      const std::lock_guard lock{from.watch_mutex};
      from.watchers.erase(this);
    }
    fake_requests& from;
    request_id id;
    std::function<void()> news;
  };
  std::mutex watch_mutex;
  std::set<watched*> watchers;
  std::unique_ptr<subscription> watch(const request_id& id, std::function<void()> news) override {
    return std::make_unique<watched>(*this, id, std::move(news));
  }
  size_t watching() {
    const std::lock_guard lock{watch_mutex};
    return watchers.size();
  }
  // Moves a request on and tells who waits for it.
  void move_to(const request_id& id, request_status to) {
    {
      const std::lock_guard lock{mutex};
      advance(records.at(id), {noon, to, "n1", "w", 1});
    }
    const std::lock_guard lock{watch_mutex};
    for (auto* w : watchers)
      if (w->id == id) w->news();
  }
  result<page<request_record>> list(const query& q) override {
    const std::lock_guard lock{mutex};
    asked = q;
    page<request_record> out;
    for (const auto& [id, r] : records) out.items.push_back(r);
    out.stale = true;
    return out;
  }
  result<request_record> cancel(const request_id& id) override {
    const std::lock_guard lock{mutex};
    if (on_cancel) return tl::make_unexpected(*on_cancel);
    const auto found = records.find(id);
    if (found == records.end()) return fail(errc::not_found, "there is no such request");
    return found->second;
  }
};

struct fake_notifications final : notifications_port {
  std::mutex mutex;
  std::optional<error> on_resend;
  request_record record;
  std::map<std::string, suppression_row, std::less<>> rows;
  std::pair<std::uint32_t, std::string> listed;

  result<request_record> resend(const request_id& id) override {
    const std::lock_guard lock{mutex};
    if (on_resend) return tl::make_unexpected(*on_resend);
    record.id = id;
    record.email_state = notification_state::pending;
    return record;
  }
  result<page<suppression_row>> suppressions(std::uint32_t limit, std::string_view cursor) override {
    const std::lock_guard lock{mutex};
    listed = {limit, std::string{cursor}};
    page<suppression_row> out;
    for (const auto& [address, row] : rows) out.items.push_back(row);
    out.next_cursor = "more";
    return out;
  }
  result<void> clear_suppression(std::string_view address) override {
    const std::lock_guard lock{mutex};
    const auto found = rows.find(address);
    if (found == rows.end()) return fail(errc::not_found, "this address is not suppressed");
    rows.erase(found);
    return {};
  }
};

struct fake_self final : node_port {
  std::mutex mutex;
  std::string why;
  bool drains = false;
  std::string origin = "http://img.example.org";
  cluster_picture picture;

  bool ready(std::string& why_not) override {
    const std::lock_guard lock{mutex};
    why_not = why;
    return why.empty();
  }
  std::string metrics() override { return "dip_up 1\n"; }
  cluster_picture cluster(bool with_hashes) override {
    hashed = with_hashes;
    return picture;
  }
  result<void> give_up_lost() override { return on_recover; }
  result<void> recover(partition_id p, term_number term, bool empty) override {
    recovered = {p, term, empty};
    return on_recover;
  }
  result<void> on_recover;
  std::tuple<partition_id, term_number, bool> recovered;
  bool hashed = false;
  bool draining() override { return drains; }
  const std::string& public_url() override { return origin; }
  format_set formats() override { return {~0U, ~0U}; }
};

struct fake_operations final : operator_port {
  std::mutex mutex;
  flow_picture picture;
  message_page found;
  message_query asked;
  redrive_query redriven;
  redrive_outcome outcome;
  std::vector<std::pair<queue_name, bool>> paused;
  std::vector<message_ref> discarded;
  std::optional<error> on_act;
  request_record record;
  std::vector<audit_row> noted;
  actor_page actors_found;
  actor_query actors_asked;
  actor_detail detail;
  request_trace way;
  std::pair<std::uint16_t, std::string> led;
  std::string drained;
  bool full = false;

  result<void> act() {
    if (on_act) return tl::make_unexpected(*on_act);
    return {};
  }
  flow_picture flow() override { return picture; }
  result<message_page> messages(const message_query& q) override {
    const std::lock_guard lock{mutex};
    asked = q;
    return found;
  }
  result<redrive_outcome> redrive(const redrive_query& q) override {
    const std::lock_guard lock{mutex};
    redriven = q;
    return act().map([&] { return outcome; });
  }
  result<void> pause(queue_name queue, bool p) override {
    const std::lock_guard lock{mutex};
    paused.emplace_back(queue, p);
    return act();
  }
  result<void> discard(const message_ref& message) override {
    const std::lock_guard lock{mutex};
    discarded.push_back(message);
    return act();
  }
  result<request_record> retry(const request_id& id) override {
    const std::lock_guard lock{mutex};
    record.id = id;
    return act().map([&] { return record; });
  }
  result<page<audit_row>> audit(std::uint32_t, std::string_view) override {
    const std::lock_guard lock{mutex};
    page<audit_row> out;
    out.items = noted;
    return out;
  }
  void note(audit_row row) override {
    const std::lock_guard lock{mutex};
    noted.push_back(std::move(row));
  }
  actor_page actors(const actor_query& q) override {
    const std::lock_guard lock{mutex};
    actors_asked = q;
    return actors_found;
  }
  result<actor_detail> actor(const std::string& id) override {
    if (id != detail.actor.id) return fail(errc::not_found, "there is no such actor");
    return detail;
  }
  result<actor_view> restart(const std::string& id) override {
    if (id != detail.actor.id) return fail(errc::not_found, "there is no such actor");
    return act().map([&] { return detail.actor; });
  }
  result<request_trace> trace(const request_id&) override { return way; }
  result<void> lead(std::uint16_t partition, const std::string& node) override {
    led = {partition, node};
    return act();
  }
  result<void> drain(const std::string& node) override {
    drained = node;
    return act();
  }
  struct one_event final : event_feed {
    bool told = false;
    void start(waker) override {}
    std::string next() override {
      if (std::exchange(told, true)) return {};
      return "event: snapshot\ndata: {}\n\n";
    }
  };
  std::unique_ptr<event_feed> feed() override { return full ? nullptr : std::make_unique<one_event>(); }
};

}  // namespace dip::http::test
