#include "runtime/object_fetcher.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "storage/object_bytes.hpp"

namespace dip {
namespace {

// A source, and what came of it.
struct candidate {
  enum class fate : std::uint8_t { good, has_none, is_bad, unreachable };

  const object_source* from = nullptr;
  fate now = fate::good;
  unsigned failures = 0;
  std::string last_words = {};
};

steady_time now() { return std::chrono::steady_clock::now(); }

}  // namespace

// One file on its way.
class object_fetcher::one_pull {
public:
  one_pull(object_fetcher& by, const object_row& row, const std::vector<object_source>& from,
           std::uint64_t rate)
      : by_(by), row_(row), rate_(rate) {
    for (const auto& s : from) candidates_.push_back({&s});
  }

  result<std::unique_ptr<object_writer>> run() {
    while (auto* c = best()) {
      if (c->failures > 0 && !by_.wait_until(now() + by_.config_.pause * (1U << (c->failures - 1)))) break;
      if (auto room = begin(c); !room) return tl::make_unexpected(room.error());
      if (auto done = get(*c); !done) return tl::make_unexpected(done.error());
      if (stopped_) break;
      if (!writer_ || have_ < row_.size) continue;
      if (complete()) return std::move(writer_);
    }
    return verdict();
  }

private:
  using fate = candidate::fate;

  // The one that failed least; of equals the first, so that one which broke off is followed by the next.
  candidate* best() {
    candidate* least = nullptr;
    for (auto& c : candidates_)
      if (c.now == fate::good && (least == nullptr || c.failures < least->failures)) least = &c;
    return least;
  }

  // What is here already may be gone on with, by another source too unless that has led to a mixture before.
  result<void> begin(candidate* with) {
    const bool of_another = !givers_.empty() && !givers_.contains(with);
    if (writer_ && !(alone_ && of_another)) return {};
    auto writer = by_.store_.create(row_.name.in, checksum_of(row_));
    if (!writer) return tl::make_unexpected(writer.error());
    writer_ = std::move(*writer);
    have_ = 0;
    givers_.clear();
    return {};
  }

  void start_over() { writer_.reset(); }

  // Errors are this node's own.
  result<void> get(candidate& c) {
    std::unique_ptr<net::http_client> client =
        by_.clients_.take([&] { return std::make_unique<net::http_client>(by_.trust_); });
    const auto before = have_;
    result<void> own;
    bool too_long = false;
    net::http_request r;
    r.url = c.from->url + "/objects/" + row_.name.path();
    if (have_ > 0) r.headers.emplace_back("Range", "bytes=" + std::to_string(have_) + "-");
    r.connect_timeout = by_.config_.connect;
    r.idle_timeout = by_.config_.silence;
    r.sink = [&](std::string_view piece) {
      too_long = piece.size() > row_.size - have_;
      if (too_long) return false;
      own = take(piece, c);
      return own.has_value() && keep_pace(piece.size());
    };
    r.progress = [this](const net::transfer_progress&) { return !by_.is_stopped(); };
    const auto came = client->perform(r);
    if (own) judge(c, came, before, too_long);
    by_.clients_.give_back(std::move(client));
    return own;
  }

  result<void> take(std::string_view piece, candidate& c) {
    if (auto written = writer_->write(piece); !written) return written;
    givers_.insert(&c);
    have_ += piece.size();
    by_.bytes_ += piece.size();
    return {};
  }

  bool keep_pace(std::uint64_t bytes) {
    if (rate_ == 0) return true;
    paced_ += bytes;
    return by_.wait_until(began_ + milliseconds{paced_ * 1000 / rate_});
  }

  void judge(candidate& c, const tl::expected<net::http_response, net::http_error>& came,
             std::uint64_t before, bool too_long) {
    // With all of a file where a part of it was asked for, what is here is no beginning any more.
    if (too_long && before > 0) {
      start_over();
      return failed(c, "it sent more than was asked for", before);
    }
    if (too_long) return blame(c, "it sent more than the file has");
    if (!came && came.error().what == net::http_error::kind::stopped) {
      stopped_ = true;
      return;
    }
    if (!came) return failed(c, came.error().detail, before);
    const auto expected = before > 0 ? 206 : 200;
    if (came->status == expected && have_ < row_.size) return blame(c, "its file is too short");
    if (came->status == expected) return;
    if (came->status == 404) {
      c.now = fate::has_none;
      return;
    }
    if (came->status == 416) return blame(c, "its file is too short");
    if (have_ != before) start_over();
    failed(c, "it answered " + std::to_string(came->status), before);
  }

  void failed(candidate& c, std::string why, std::uint64_t before) {
    c.last_words = std::move(why);
    if (writer_ && have_ >= before + by_.config_.worth) return;
    if (++c.failures >= by_.config_.tries) c.now = fate::unreachable;
  }

  void blame(candidate& c, std::string why) {
    c.now = fate::is_bad;
    c.last_words = std::move(why);
    start_over();
  }

  // True: it is the row's file. Otherwise a source is out of the question, or none is mixed with others
  // again.
  bool complete() {
    const auto written = writer_->seal();
    const auto good = written ? check_written(*written, row_) : tl::make_unexpected(written.error());
    if (good) {
      ++by_.files_;
      return true;
    }
    if (givers_.size() == 1) {
      blame(**givers_.begin(), good.error().detail);
    } else {
      alone_ = true;
      start_over();
    }
    return false;
  }

  [[nodiscard]] tl::unexpected<error> verdict() const {
    if (stopped_ || by_.is_stopped()) return fail(errc::draining, "this node is stopping");
    std::string words;
    bool bad = false, unreachable = false;
    for (const auto& c : candidates_) {
      bad = bad || c.now == fate::is_bad;
      unreachable = unreachable || c.now == fate::unreachable;
      if (!c.last_words.empty()) words += (words.empty() ? "" : "; ") + c.from->node + ": " + c.last_words;
    }
    if (unreachable) return fail(errc::no_quorum, "not to be had now: " + words);
    if (bad) return fail(errc::corrupt, "no node has it as it was: " + words);
    return fail(errc::not_found, "no node has this file");
  }

  object_fetcher& by_;
  const object_row& row_;
  std::uint64_t rate_;
  steady_time began_ = now();
  std::vector<candidate> candidates_;
  std::unique_ptr<object_writer> writer_;
  std::uint64_t have_ = 0;
  std::set<candidate*> givers_;  // of what is in the writer
  std::uint64_t paced_ = 0;      // bytes since `began_`
  bool alone_ = false;           // what comes of several is not put together any more
  bool stopped_ = false;
};

object_fetcher::object_fetcher(object_store& store, std::optional<net::node_credentials> tls,
                               fetch_config config)
    : store_(store), config_(config) {
  if (!tls) return;
  trust_.ca_file = tls->authority;
  trust_.cert_file = tls->certificate;
  trust_.key_file = tls->key;
}

result<std::unique_ptr<object_writer>> object_fetcher::pull(const object_row& row,
                                                            const std::vector<object_source>& from,
                                                            std::uint64_t rate) {
  if (is_stopped()) return fail(errc::draining, "this node is stopping");
  return one_pull(*this, row, from, rate).run();
}

bool object_fetcher::wait_until(steady_time t) {
  std::unique_lock lock{mutex_};
  stopped_now_.wait_until(lock, t, [this] { return stopped_; });
  return !stopped_;
}

bool object_fetcher::is_stopped() {
  const std::lock_guard lock{mutex_};
  return stopped_;
}

void object_fetcher::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
  }
  stopped_now_.notify_all();
}

namespace {

class nameless_reader final : public object_reader {
public:
  nameless_reader(std::unique_ptr<object_writer> file, std::uint64_t size)
      : file_(std::move(file)), size_(size) {}
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  result<size_t> read(std::uint64_t offset, std::span<char> out) override {
    return read_at(file_->descriptor(), offset, out);
  }
  [[nodiscard]] int descriptor() const override { return file_->descriptor(); }

private:
  std::unique_ptr<object_writer> file_;
  std::uint64_t size_;
};

}  // namespace

std::unique_ptr<object_reader> make_nameless_reader(std::unique_ptr<object_writer> of, std::uint64_t size) {
  return std::make_unique<nameless_reader>(std::move(of), size);
}

}  // namespace dip
