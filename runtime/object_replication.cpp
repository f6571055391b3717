#include "runtime/object_replication.hpp"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <utility>

namespace dip {
namespace {

bool contains(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

// All that a fetch needs of a row.
object_row slim(const object_row& row) {
  object_row out;
  out.name = row.name;
  out.size = row.size;
  out.sha256 = row.sha256;
  out.xxh3 = row.xxh3;
  return out;
}

// What others can help with: no file, damage, a disk that does not give the bytes any more.
bool can_be_mended(errc code) { return code == errc::not_found || code == errc::corrupt || code == errc::io; }

}  // namespace

// Where all who wait for votes wait; lives until the last vote has come.
struct object_replication::board {
  std::mutex mutex;
  std::condition_variable changed;
  bool stopped = false;
};

// Of the replicas, on one call of `replicate`.
struct object_replication::votes {
  std::shared_ptr<board> on;
  const std::vector<std::vector<std::string>> quorums;
  std::set<std::string> yes = {}, no = {};
  std::string words = {};
  bool full = false;

  static std::size_t of(const std::set<std::string>& votes, const std::vector<std::string>& quorum) {
    return static_cast<std::size_t>(
        std::count_if(quorum.begin(), quorum.end(), [&](const auto& n) { return votes.contains(n); }));
  }
  // To be called with the board's mutex.
  [[nodiscard]] bool won() const {
    return !quorums.empty() && std::all_of(quorums.begin(), quorums.end(),
                                           [&](const auto& q) { return of(yes, q) >= q.size() / 2 + 1; });
  }
  [[nodiscard]] bool lost() const {
    return quorums.empty() || std::any_of(quorums.begin(), quorums.end(), [&](const auto& q) {
             return q.size() - of(no, q) < q.size() / 2 + 1;
           });
  }

  void count(const std::string& node, const result<fetched_files>& r) {
    {
      const std::lock_guard lock{on->mutex};
      if (r) {
        yes.insert(node);
      } else {
        no.insert(node);
        full = full || r.error().code == errc::disk_full;
        words += (words.empty() ? "" : "; ") + node + ": " + r.error().detail;
      }
    }
    on->changed.notify_all();
  }
};

object_replication::object_replication(object_store& objects, object_peers peers,
                                       std::optional<net::node_credentials> tls, replication_config config,
                                       const object_channel* served)
    : objects_(objects),
      peers_(std::move(peers)),
      config_(config),
      served_(served),
      board_(std::make_shared<board>()),
      fetcher_(objects, std::move(tls), config.fetching),
      mending_(
          [this](const object_row& row) {
            return have(row, {}, config_.mend_rate).map([](std::uint64_t) {});
          },
          config.mending),
      threads_(config.threads) {}

object_replication::~object_replication() { stop(); }

void object_replication::stop() {
  stopped_ = true;
  fetcher_.stop();
  mending_.stop();
  {
    const std::lock_guard lock{board_->mutex};
    board_->stopped = true;
  }
  board_->changed.notify_all();
}

void object_replication::on_replaced(std::function<void(const object_name&)> f) {
  const std::lock_guard lock{replaced_mutex_};
  replaced_ = std::move(f);
}

bool object_replication::kept_here(partition_id p) const { return contains(replicas_of(p), peers_.node); }

std::vector<std::string> object_replication::replicas_of(partition_id p) const {
  std::vector<std::string> out;
  for (const auto& quorum : peers_.quorums_of(p))
    for (const auto& node : quorum)
      if (!contains(out, node)) out.push_back(node);
  return out;
}

copy_figures object_replication::figures() const {
  const auto fetched = fetcher_.fetched();
  const auto served = served_ != nullptr ? served_->served() : object_channel::figures{};
  const auto mending = mending_.told();
  return {.fetched = fetched.files,
          .fetched_bytes = fetched.bytes,
          .served = served.served,
          .served_bytes = served.served_bytes,
          .mended = mending.mended,
          .given_up = mending.given_up,
          .pending = mending.pending};
}

result<void> object_replication::replicate(const std::vector<object_row>& rows) {
  std::map<partition_id, std::vector<object_row>> by_partition;
  for (const auto& row : rows) by_partition[row.name.partition()].push_back(slim(row));
  for (auto& [p, some] : by_partition)
    if (auto done = replicate_in(p, std::move(some)); !done) return done;
  return {};
}

result<void> object_replication::replicate_in(partition_id p, std::vector<object_row> rows) {
  const auto replicas = replicas_of(p);
  const auto tally = std::make_shared<votes>(votes{.on = board_, .quorums = peers_.quorums_of(p)});
  const fetch_files what{peers_.node, std::move(rows)};
  for (const auto& node : replicas)
    if (node != peers_.node)
      peers_.ask(node, what, config_.within,
                 [tally, node](const result<fetched_files>& r) { tally->count(node, r); });
  // At the same time, and not first: where the disk is slow the others may do.
  if (contains(replicas, peers_.node))
    threads_.run([this, tally, ours = what.rows] { tally->count(peers_.node, sync(ours)); });
  std::unique_lock lock{board_->mutex};
  const bool in_time = board_->changed.wait_for(
      lock, config_.within, [&] { return board_->stopped || tally->won() || tally->lost(); });
  if (tally->won()) return {};
  if (board_->stopped) return fail(errc::draining, "this node is stopping");
  if (tally->full) return fail(errc::disk_full, "the replicas have no room for the file: " + tally->words);
  if (!in_time) tally->words += (tally->words.empty() ? "" : "; ") + std::string{"the others: too slow"};
  return fail(errc::no_quorum, "the file did not reach a majority of its replicas: " + tally->words);
}

result<fetched_files> object_replication::sync(const std::vector<object_row>& rows) {
  for (const auto& row : rows)
    if (auto done = objects_.sync(row.name); !done) return tl::make_unexpected(done.error());
  return fetched_files{};
}

void object_replication::fetch(fetch_files what, object_peers::answered then) {
  if (stopped_) return then(fail(errc::draining, "this node is stopping"));
  if (waiting_.fetch_add(1) >= config_.waiting) {
    --waiting_;
    return then(fail(errc::overloaded, "too many files are being fetched"));
  }
  threads_.run([this, what = std::move(what), then = std::move(then)] {
    then(fetch_now(what));
    --waiting_;
  });
}

result<fetched_files> object_replication::fetch_now(const fetch_files& what) {
  fetched_files out;
  for (const auto& row : what.rows) {
    // What a peer says is not to be written just anywhere.
    if (!parse_key(row.name.in, row.name.key) || row.name.in == bucket::preprocessed_files)
      return fail(errc::bad_request, "no such name for a file that is replicated");
    // It would be swept, and must not count.
    if (!kept_here(row.name.partition()))
      return fail(errc::conflict, peers_.node + " is no replica of the file's partition");
    const auto bytes = have(row, what.from, 0);
    if (!bytes) return tl::make_unexpected(bytes.error());
    out.bytes += *bytes;
  }
  return out;
}

result<std::uint64_t> object_replication::have(const object_row& row, const std::string& first,
                                               std::uint64_t rate) {
  const auto there = objects_.verify(row);
  if (there) return objects_.sync(row.name).map([] { return std::uint64_t{0}; });
  if (!can_be_mended(there.error().code)) return tl::make_unexpected(there.error());
  const auto pulled = pull(row, first, rate);
  if (!pulled) return tl::make_unexpected(pulled.error());
  return put(**pulled, row, there.error().code != errc::not_found).map([&] { return row.size; });
}

result<void> object_replication::put(object_writer& pulled, const object_row& row, bool damaged) {
  // Who opens it in between finds no file, and asks the others as we did.
  if (damaged)
    if (auto gone = objects_.remove(row.name); !gone) return gone;
  if (const auto named = pulled.commit(row.name); !named) {
    if (named.error().code != errc::conflict) return tl::make_unexpected(named.error());
    // Somebody else fetched it too, and may not have synced it yet.
    if (auto good = objects_.verify(row); !good) return good;
    if (auto synced = objects_.sync(row.name); !synced) return synced;
  }
  const std::lock_guard lock{replaced_mutex_};
  if (damaged && replaced_) replaced_(row.name);
  return {};
}

std::vector<std::string> object_replication::holders_of(const object_row& row,
                                                        const std::string& first) const {
  std::vector<std::string> nodes;
  if (row.name.in == bucket::preprocessed_files) {
    nodes.push_back(row.node);
  } else {
    nodes = replicas_of(row.name.partition());
    // Readers of one file after another spread over all who have them.
    const auto turn = std::hash<std::string>{}(row.name.key) % std::max<std::size_t>(nodes.size(), 1);
    std::rotate(nodes.begin(), nodes.begin() + static_cast<std::ptrdiff_t>(turn), nodes.end());
    std::erase(nodes, first);
    if (!first.empty()) nodes.insert(nodes.begin(), first);
  }
  std::erase(nodes, peers_.node);
  std::erase(nodes, std::string{});
  return nodes;
}

result<std::unique_ptr<object_writer>> object_replication::pull(const object_row& row,
                                                                const std::string& first,
                                                                std::uint64_t rate) {
  std::vector<object_source> up;
  std::string down;
  for (auto& node : holders_of(row, first)) {
    if (auto url = peers_.url_of(node))
      up.push_back({std::move(node), std::move(*url)});
    else
      down += (down.empty() ? "" : ", ") + node;
  }
  auto pulled = fetcher_.pull(row, up, rate);
  if (!pulled && can_be_mended(pulled.error().code) && !down.empty())
    return fail(errc::no_quorum, row.name.path() + " may be at " + down + ", which cannot be reached");
  return pulled;
}

result<std::unique_ptr<object_reader>> object_replication::open(const object_row& row) {
  const auto here = objects_.verify(row);
  if (here) {
    auto file = objects_.open(row.name);
    if (file || file.error().code != errc::not_found) return file;
  } else if (!can_be_mended(here.error().code)) {
    return tl::make_unexpected(here.error());
  }
  const bool damaged = !here && here.error().code != errc::not_found;
  auto pulled = pull(row, {}, 0);
  // That there is something here, and what is wrong with it, says more than that the others have nothing.
  if (!pulled && damaged && pulled.error().code == errc::not_found) return tl::make_unexpected(here.error());
  if (!pulled) return tl::make_unexpected(pulled.error());
  const bool keep = row.name.in != bucket::preprocessed_files && kept_here(row.name.partition());
  // The reader need not suffer when the file cannot be kept; there will be another try.
  if (keep && !put(**pulled, row, damaged)) mending_.add(row);
  return make_nameless_reader(std::move(*pulled), row.size);
}

}  // namespace dip
