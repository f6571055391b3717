#include "runtime/object_replication.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "actors/envelope.hpp"
#include "tests/unit/runtime/object_nodes.hpp"

using namespace dip;
using namespace dip::test;
using namespace std::chrono_literals;

namespace {

constexpr partition_id first_three{0}, last_three{1};

replication_config hasty() {
  replication_config c;
  c.within = 20s;
  c.fetching.pause = 1ms;
  c.mending.pause = 1ms;
  return c;
}

// Of an upload that was committed at that node.
object_row upload_at(object_node& n, partition_id p, std::string_view bytes = "bytes") {
  return store_file(*n.store, some_upload(p), bytes);
}

std::string word(const result<void>& r) { return r ? "ok" : std::string{to_string(r.error().code)}; }

std::string opened(object_node& n, const object_row& row) {
  const auto file = n.copies.open(row);
  return file ? bytes_of(**file) : std::string{to_string(file.error().code)};
}

// Waits until the node's store has the file.
void await_file(object_node& n, const object_row& row) {
  while (!n.store->verify(row)) std::this_thread::yield();
}

void await_mended(object_node& n) {
  while (n.copies.figures().pending > 0) std::this_thread::yield();
}

}  // namespace

TEST_CASE("an upload is on all replicas soon, and on a majority when its replication has come back") {
  object_cluster c(3, GENERATE(false, true), hasty());
  const auto bytes = some_bytes(300'000);
  const auto row = upload_at(c[1], first_three, bytes);
  REQUIRE(c[1].copies.replicate({row}));
  CHECK(int{c[2].store->verify(row).has_value()} + int{c[3].store->verify(row).has_value()} >= 1);
  await_file(c[2], row);
  await_file(c[3], row);
  CHECK(c[1].copies.figures().served == 2);
}

TEST_CASE("while replicas change, a majority of those before and of those after has the file") {
  object_cluster c(4, false, hasty());
  c.also({{"n1", "n2", "n4"}});
  CHECK(c[4].copies.kept_here(first_three));
  CHECK(word(c[1].copies.replicate({upload_at(c[1], first_three)})) == "ok");
  // One that is in both makes two of three twice.
  c.cut_off(3);
  c.cut_off(4);
  CHECK(word(c[1].copies.replicate({upload_at(c[1], first_three)})) == "ok");
  c.also({{"n1", "n3", "n4"}});
  CHECK(word(c[1].copies.replicate({upload_at(c[1], first_three)})) == "no_quorum");
}

TEST_CASE("two of three are enough, one of three is not") {
  object_cluster c(3, false, hasty());
  const auto row = upload_at(c[1], first_three), late = upload_at(c[1], first_three);
  c.cut_off(3);
  CHECK(word(c[1].copies.replicate({row})) == "ok");
  CHECK(c[2].store->verify(row));
  c.cut_off(2);
  CHECK(word(c[1].copies.replicate({late})) == "no_quorum");
}

TEST_CASE("a node that is no replica does not count: two others must have the file") {
  object_cluster c(4, false, hasty());
  const auto row = upload_at(c[4], first_three), late = upload_at(c[4], first_three);
  c.cut_off(3);
  CHECK_FALSE(c[4].copies.kept_here(first_three));
  CHECK(word(c[4].copies.replicate({row})) == "ok");
  CHECK(c[1].store->verify(row));
  CHECK(c[2].store->verify(row));
  c.cut_off(2);
  CHECK(word(c[4].copies.replicate({late})) == "no_quorum");
}

TEST_CASE(
    "the outputs of a stage go together, and a file that a replica has already counts when it is good") {
  object_cluster c(3, false, hasty());
  c.cut_off(3);
  const auto a = upload_at(c[1], first_three, "a"), b = upload_at(c[1], first_three, "b");
  store_file(*c[2].store, a.name, "a");
  store_file(*c[2].store, b.name, "x");  // damaged, as it were
  CHECK(word(c[1].copies.replicate({a, b})) == "ok");
  CHECK(bytes_in(*c[2].store, a.name) == "a");
  CHECK(bytes_in(*c[2].store, b.name) == "b");
  CHECK(c[2].copies.figures().fetched == 1);
  CHECK(files_in(*c[2].store) == 2);
}

TEST_CASE("a replica that cannot reach who has the file gets it of another replica") {
  object_cluster c(3, false, hasty());
  const auto row = upload_at(c[2], first_three);
  // n1 has spoken and is gone.
  c.cut_off(1);
  std::mutex mutex;
  std::condition_variable answered;
  std::optional<result<fetched_files>> came;
  c[3].copies.fetch({"n1", {row}}, [&](const result<fetched_files>& r) {
    const std::lock_guard lock{mutex};
    came = r;
    answered.notify_all();
  });
  std::unique_lock lock{mutex};
  answered.wait(lock, [&] { return came.has_value(); });
  REQUIRE(*came);
  CHECK((*came)->bytes == row.size);
  CHECK(c[3].store->verify(row));
}

TEST_CASE("a node does not keep for others what is not its own to keep, nor under any name but a key") {
  object_cluster c(4, false, hasty());
  const auto ask = [&](unsigned node, const object_row& row) {
    std::mutex mutex;
    std::condition_variable answered;
    std::string came;
    c[node].copies.fetch({"n1", {row}}, [&](const result<fetched_files>& r) {
      const std::lock_guard lock{mutex};
      came = r ? "ok" : std::string{to_string(r.error().code)};
      answered.notify_all();
    });
    std::unique_lock lock{mutex};
    answered.wait(lock, [&] { return !came.empty(); });
    return came;
  };
  auto row = upload_at(c[1], first_three);
  CHECK(ask(4, row) == "conflict");
  row.name.key = "../../passwd";
  CHECK(ask(2, row) == "bad_request");
  CHECK(files_in(*c[2].store) + files_in(*c[4].store) == 0);
}

TEST_CASE("a reader elsewhere gets the file, and leaves nothing behind") {
  object_cluster c(4, GENERATE(false, true), hasty());
  const auto bytes = some_bytes(2'000'000);
  const auto row = upload_at(c[2], first_three, bytes);
  CHECK(opened(c[4], row) == bytes);
  CHECK(files_in(*c[4].store) == 0);
  // A replica keeps it.
  CHECK(opened(c[1], row) == bytes);
  CHECK(c[1].store->verify(row));
}

TEST_CASE("a damaged file is never given, and replaced by a good one") {
  object_cluster c(3, false, hasty());
  std::vector<object_name> replaced;
  c[1].copies.on_replaced([&](const object_name& name) { replaced.push_back(name); });
  const auto row = upload_at(c[1], first_three);
  store_file(*c[3].store, row.name, "bytes");
  damage(*c[1].store, row.name);
  const auto held = c[1].store->open(row.name);
  REQUIRE(held);
  CHECK(opened(c[1], row) == "bytes");
  CHECK(bytes_in(*c[1].store, row.name) == "bytes");
  CHECK(bytes_of(**held) != "bytes");  // who had it open has what it was
  CHECK(replaced == std::vector{row.name});
}

TEST_CASE("that nobody has it, that nobody has it whole and that one cannot be asked are told apart") {
  object_cluster c(3, false, hasty());
  const auto nowhere = row_of(some_upload(), "x");
  CHECK(opened(c[1], nowhere) == "not_found");
  auto row = upload_at(c[1], first_three);
  damage(*c[1].store, row.name);
  CHECK(opened(c[1], row) == "corrupt");
  CHECK(opened(c[2], row) == "corrupt");
  CHECK(files_in(*c[2].store) == 0);
  c.cut_off(3);
  CHECK(opened(c[1], nowhere) == "no_quorum");
  CHECK(opened(c[1], row) == "no_quorum");
}

TEST_CASE("a preprocessed file is had from the node that made it, and stays there alone") {
  object_cluster c(3, false, hasty());
  const auto name =
      make_upload_name(bucket::preprocessed_files, ulid::make(system_clock{}.wall(), {}), image_format::tiff);
  auto row = store_file(*c[2].store, name, "pixels");
  row.node = "n2";
  CHECK(opened(c[2], row) == "pixels");
  CHECK(opened(c[1], row) == "pixels");
  CHECK(files_in(*c[1].store) == 0);
  damage(*c[2].store, name);
  CHECK(opened(c[1], row) == "corrupt");
  CHECK(opened(c[2], row) == "corrupt");
  REQUIRE(c[2].store->remove(name));
  CHECK(opened(c[1], row) == "not_found");
  c.cut_off(2);
  CHECK(opened(c[1], row) == "no_quorum");
}

TEST_CASE("missing and damaged files are mended in the background") {
  object_cluster c(4, false, hasty());
  const auto missing = upload_at(c[2], last_three, "one"), bad = upload_at(c[2], last_three, "two"),
             nowhere = row_of(some_upload(last_three), "three");
  store_file(*c[4].store, bad.name, "two");
  damage(*c[4].store, bad.name);
  for (const auto& row : {missing, bad, nowhere}) CHECK(c[4].copies.mend(row));
  await_mended(c[4]);
  CHECK(bytes_in(*c[4].store, missing.name) == "one");
  CHECK(bytes_in(*c[4].store, bad.name) == "two");
  const auto f = c[4].copies.figures();
  CHECK(f.mended == 2);
  CHECK(f.given_up == 1);
}

TEST_CASE("a replica without room says so when that decides") {
  class full_store final : public object_store {
  public:
    result<std::unique_ptr<object_writer>> create(bucket, checksum) override {
      return fail(errc::disk_full, "no space");
    }
    result<std::unique_ptr<object_reader>> open(const object_name&) override {
      return fail(errc::not_found, "");
    }
    result<void> remove(const object_name&) override { return {}; }
    result<void> sync(const object_name&) override { return {}; }
    result<void> verify(const object_row&) override { return fail(errc::not_found, ""); }
    result<void> each(bucket, const std::function<bool(const object_name&, wall_time)>&) override {
      return {};
    }
    result<std::uint64_t> free_bytes() const override { return 0; }
  } full;
  object_peers of_full;
  of_full.node = "n2";
  of_full.quorums_of = [](partition_id) { return std::vector<std::vector<std::string>>{{"n1", "n2"}}; };
  of_full.url_of = [](const std::string&) { return std::optional<std::string>{"http://127.0.0.1:9"}; };
  object_replication n2(full, of_full, {}, hasty());
  auto peers = of_full;
  peers.node = "n1";
  peers.ask = [&](const std::string&, const fetch_files& what, milliseconds, object_peers::answered then) {
    n2.fetch(what, std::move(then));
  };
  const auto store = make_memory_object_store();
  object_replication n1(*store, peers, {}, hasty());
  CHECK(word(n1.replicate({store_file(*store, some_upload(), "x")})) == "disk_full");
}

TEST_CASE("this node's copy counts once it is synced, and the others do without it") {
  class odd_disk final : public object_store {
  public:
    result<std::unique_ptr<object_writer>> create(bucket in, checksum sum) override {
      return files_->create(in, sum);
    }
    result<std::unique_ptr<object_reader>> open(const object_name& name) override {
      return files_->open(name);
    }
    result<void> remove(const object_name& name) override { return files_->remove(name); }
    result<void> sync(const object_name& name) override {
      hangs.wait(true);
      if (fails) return fail(errc::io, "the disk does not sync");
      return files_->sync(name);
    }
    result<void> verify(const object_row& row) override { return files_->verify(row); }
    result<void> each(bucket in, const std::function<bool(const object_name&, wall_time)>& visit) override {
      return files_->each(in, visit);
    }
    result<std::uint64_t> free_bytes() const override { return files_->free_bytes(); }

    std::atomic<bool> hangs{false};
    bool fails = false;

  private:
    std::unique_ptr<object_store> files_ = make_memory_object_store();
  } store;
  object_peers peers;
  peers.node = "n1";
  peers.quorums_of = [](partition_id) { return std::vector<std::vector<std::string>>{{"n1", "n2", "n3"}}; };
  peers.url_of = [](const std::string&) { return std::optional<std::string>{}; };
  bool third = true;
  peers.ask = [&](const std::string& node, const fetch_files&, milliseconds,
                  const object_peers::answered& then) {
    if (node == "n2" || third) return then(fetched_files{});
    then(fail(errc::no_quorum, "cut off"));
  };
  object_replication n1(store, peers, {}, hasty());
  const auto row = store_file(store, some_upload(), "x");
  SECTION("a disk that hangs") {
    store.hangs = true;
    CHECK(word(n1.replicate({row})) == "ok");
    store.hangs = false;
    store.hangs.notify_all();
  }
  SECTION("a disk that fails") {
    store.fails = true;
    CHECK(word(n1.replicate({row})) == "ok");
    third = false;
    CHECK(word(n1.replicate({row})) == "no_quorum");
    store.fails = false;
    CHECK(word(n1.replicate({row})) == "ok");
  }
}

TEST_CASE("more than may wait is told so at once, and after a stop everything is") {
  auto config = hasty();
  config.waiting = 0;
  object_cluster c(3, false, config);
  const auto row = upload_at(c[1], first_three);
  CHECK(word(c[1].copies.replicate({row})) == "no_quorum");
  c[2].copies.stop();
  CHECK_FALSE(c[2].copies.mend(row));
  CHECK(opened(c[2], row) == "draining");
}

TEST_CASE("who waits for a majority is let go by a stop, and late votes harm nobody") {
  object_peers peers;
  peers.node = "n1";
  peers.quorums_of = [](partition_id) { return std::vector<std::vector<std::string>>{{"n1", "n2", "n3"}}; };
  peers.url_of = [](const std::string&) { return std::optional<std::string>{}; };
  std::vector<object_peers::answered> held;
  std::atomic<int> asked{0};
  peers.ask = [&](const std::string&, const fetch_files&, milliseconds, object_peers::answered then) {
    held.push_back(std::move(then));
    ++asked;
    asked.notify_all();
  };
  const auto store = make_memory_object_store();
  const auto row = store_file(*store, some_upload(), "x");
  std::string came;
  {
    object_replication n1(*store, peers, {}, hasty());
    std::thread waits([&] { came = word(n1.replicate({row})); });
    for (int n = 0; n < 2; n = asked) asked.wait(n);
    n1.stop();
    waits.join();
  }
  CHECK(came == "draining");
  for (const auto& then : held) then(fetched_files{});
}

TEST_CASE("all outputs that a request may have fit into one message") {
  fetch_files most{std::string(64, 'n'), {}};
  const auto attempt = ulid::make(system_clock{}.wall(), {1023});
  for (int i = 0; i <= 256; ++i) {
    object_row row;
    row.name = make_output_name(attempt, std::string(64, 'x'), image_format::jpeg);
    row.size = ~std::uint64_t{0};
    row.sha256 = std::string(64, 'f');
    most.rows.push_back(std::move(row));
  }
  CHECK(encode(most).size() <= max_payload);
}
