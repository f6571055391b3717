#include "runtime/node_files.hpp"

#include <algorithm>
#include <random>
#include <utility>

#include "actors/leaders.hpp"
#include "actors/links.hpp"
#include "actors/object_copies.hpp"
#include "core/plan.hpp"

namespace dip {
namespace {

constexpr milliseconds probe_deadline{5'000};
// For a child that describes an image; then it has `longest_job`.
constexpr milliseconds info_wait{5'000};

class node_upload final : public http::upload {
public:
  node_upload(const environment& env, asking ask, codec_pool& probes, std::unique_ptr<object_writer> writer)
      : env_(env), ask_(ask), probes_(probes), writer_(std::move(writer)) {}

  result<void> write(std::string_view bytes) override {
    if (writer_->size() + bytes.size() > env_.cfg->limits.upload)
      return fail(errc::too_large, "the file is larger than limits.upload");
    if (head_.size() < sniff_bytes) {
      head_.append(bytes.substr(0, sniff_bytes - head_.size()));
      if (head_.size() == sniff_bytes)
        if (auto known = format(); !known) return tl::make_unexpected(known.error());
    }
    return writer_->write(bytes);
  }

  result<object_row> finish(std::string_view original_name) override {
    if (writer_->size() == 0) return fail(errc::invalid_image, "the file is empty");
    const auto known = format();
    if (!known) return tl::make_unexpected(known.error());
    auto header = probe(*known);
    if (!header) return tl::make_unexpected(header.error());
    if (auto fits = check_header(*header, env_.cfg->limits); !fits) return tl::make_unexpected(fits.error());
    return store(*header, original_name);
  }

private:
  [[nodiscard]] result<image_format> format() const {
    const auto f = sniff_format(head_);
    if (!f) return fail(errc::unsupported_media, "this is not an image of a format that is known here");
    if (!spec_of(*f).readable)
      return fail(errc::unsupported_media,
                  "images of the format " + std::string{spec_of(*f).name} + " are not read here");
    return *f;
  }

  [[nodiscard]] result<image_header> probe(image_format format) {
    auto header = probes_.borrow()->probe(writer_->descriptor(), format, probe_deadline);
    if (header) return header;
    const auto& e = header.error();
    // The caller was not slow: 408 would say so.
    if (e.code == errc::timeout)
      return fail(errc::overloaded, "the file's header could not be read in time: try again");
    if (e.code == errc::worker_crashed || e.code == errc::invalid_image)
      return fail(errc::invalid_image, e.detail.empty() ? "the file cannot be read as an image" : e.detail);
    return header;
  }

  result<object_row> store(const image_header& header, std::string_view original_name) {
    const auto p = choose_partition();
    const auto now = env_.time->wall();
    object_row row;
    row.name = make_upload_name(bucket::request_files, ulid::make(now, p), header.format);
    row.content_type = spec_of(header.format).content_type;
    row.header = header;
    row.original_name = original_name;
    row.created_at = now;
    row.expires_at = now + env_.cfg->retention.request_files;
    auto written = writer_->commit(row.name, syncs_itself(env_));
    if (!written) return tl::make_unexpected(written.error());
    row.size = written->size;
    row.sha256 = written->sha256;
    if (auto safe = replicate(env_, {row}); !safe) {
      (void)env_.objects->remove(row.name);  // what replicas have of it, their sweeps take
      return tl::make_unexpected(safe.error());
    }
    const auto put = ask_.try_propose(p, put_object{row});
    if (put.ok) return row;
    // When the outcome is unknown the entry may still come true: then the file must stay, else the sweep
    // takes it.
    if (!put.maybe_taken) (void)env_.objects->remove(row.name);
    return fail(put.code, put.detail, put.pointer);
  }

  // Any that can take it now; rather one whose files are kept here, which saves a copy.
  [[nodiscard]] partition_id choose_partition() const {
    static thread_local std::minstd_rand dice{std::random_device{}()};
    const auto n = env_.store->partitions();
    const auto first = static_cast<std::uint16_t>(dice() % n);
    std::optional<partition_id> elsewhere;
    for (std::uint16_t i = 0; i < n && env_.to_peers; ++i) {
      const partition_id p{static_cast<std::uint16_t>((first + i) % n)};
      const auto leader = env_.leads->of(p);
      if (leader.empty() || (leader != env_.node && !env_.linked->up(leader))) continue;
      if (kept_here(env_, p)) return p;
      if (!elsewhere) elsewhere = p;
    }
    return elsewhere.value_or(partition_id{first});
  }

  const environment& env_;
  asking ask_;
  codec_pool& probes_;
  std::unique_ptr<object_writer> writer_;
  std::string head_;
};

}  // namespace

result<std::unique_ptr<http::upload>> node_files::begin_upload() {
  if (draining_) return fail(errc::draining, "this node is stopping");
  if (env_.store->disk_full())
    return fail(errc::disk_full, "less than limits.free_disk is left on this node");
  auto writer = env_.objects->create(bucket::request_files, checksum::sha256);
  if (!writer) return tl::make_unexpected(writer.error());
  return std::make_unique<node_upload>(env_, ask_, probes_, std::move(*writer));
}

result<object_row> node_files::find(const object_name& name) {
  if (!rows_.knows(name.partition())) return fail(errc::not_found, "no such file");
  auto row = rows_.object(name);
  // Nobody can tell whether it is still there: what is here is the same bytes in any case.
  if (!row && row.error().code == errc::no_quorum)
    if (auto here = rows_.view(name.partition())->object(name)) return here;
  if (!row && row.error().code == errc::not_found) return fail(errc::not_found, "no such file");
  return row;
}

result<std::shared_ptr<http::opened_object>> node_files::open(const object_name& name) {
  const auto version = env_.store->version_of(name);
  auto row = find(name);
  if (!row) return tl::make_unexpected(row.error());
  auto reader = open_object(env_, *row);
  if (!reader) return tl::make_unexpected(reader.error());
  auto file = recent_.keep(std::move(*row), std::move(*reader), version);
  // Nothing here would tell that its row is gone.
  if (!kept_here(env_, name.partition())) recent_.forget(name);
  return file;
}

std::shared_ptr<http::opened_object> node_files::recall(const object_name& name) {
  return recent_.find(name, env_.store->version_of(name));
}

result<image_info> node_files::inspect(const object_row& row, bool location) {
  const image_info_cache::key of{row.name, location};
  if (auto known = told_.find(of)) return std::move(*known);
  auto told = decode(row, location);
  if (told) told_.put(of, *told);
  return told;
}

result<image_info> node_files::decode(const object_row& row, bool location) {
  const auto busy = [] { return fail(errc::overloaded, "too many images are being looked at: try again"); };
  const auto input = open_object(env_, row);
  if (!input) return tl::make_unexpected(input.error());
  auto codec = infos_.borrow_within(info_wait);
  if (!codec) return busy();
  // Whoever had it may have asked for the same.
  if (auto known = told_.find({row.name, location})) return std::move(*known);
  auto told = (*codec)->info((*input)->descriptor(), row.header.format, location, longest_job);
  if (told) return told;
  const auto& e = told.error();
  if (e.code == errc::timeout)
    return fail(errc::invalid_image, "the image takes too long to decode to be described");
  if (e.code == errc::worker_crashed) return fail(errc::invalid_image, e.detail);
  return told;
}

result<void> node_files::remove(const object_name& name) {
  if (!rows_.knows(name.partition())) return fail(errc::not_found, "no such file");
  const auto gone = ask_.try_propose(name.partition(), delete_object{name});
  if (gone.ok || (gone.maybe_taken && gone.code == errc::not_found)) return {};
  return fail(gone.code, gone.detail, gone.pointer);
}

result<http::page<object_row>> node_files::list(bucket in, std::uint32_t limit, std::string_view cursor) {
  if (!cursor.empty() && !parse_key(in, cursor))
    return fail(errc::bad_request, "this cursor was not made here");
  auto found =
      rows_.list({.what = row_kind::objects, .key = std::string{cursor}, .in = in, .limit = limit + 1});
  if (!found) return tl::make_unexpected(found.error());
  http::page<object_row> out{std::move(found->rows.objects), {}, found->stale};
  if (cut_to(out.items, limit, [](const auto& a, const auto& b) { return a.name.key > b.name.key; }))
    out.next_cursor = out.items.back().name.key;
  return out;
}

}  // namespace dip
