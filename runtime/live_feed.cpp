#include "runtime/live_feed.hpp"

#include <algorithm>
#include <utility>

#include "http/operator_json.hpp"

namespace dip {
namespace {

constexpr std::chrono::seconds every{1};

std::string event_text(const std::string& event, const std::string& data) {
  return "event: " + event + "\ndata: " + data + "\n\n";
}

}  // namespace

class live_feed::looker final : public http::event_feed {
public:
  explicit looker(live_feed& of) : of_(of) {
    const std::lock_guard lock{of_.mutex_};
    next_ = of_.next_;
    of_.lookers_.insert(this);
    of_.changed_.notify_all();
  }
  looker(const looker&) = delete;
  looker& operator=(const looker&) = delete;
  ~looker() override {
    const std::lock_guard lock{of_.mutex_};
    of_.lookers_.erase(this);
  }
  void start(http::waker wake) override {
    const std::lock_guard lock{of_.mutex_};
    wake_ = std::move(wake);
  }
  std::string next() override {
    const std::lock_guard lock{of_.mutex_};
    std::string out;
    if (!begun_) {
      // Until there is a first picture there is nothing to change.
      if (of_.last_overview_.empty()) return out;
      begun_ = true;
      next_ = of_.next_;
      return event_text("snapshot", of_.last_overview_);
    }
    const auto first = of_.next_ - of_.events_.size();
    if (next_ < first) {
      out = event_text("request", "{\"dropped\":" + std::to_string(first - next_) + "}");
      next_ = first;
    }
    for (; next_ < of_.next_; ++next_) out += of_.events_[next_ - first];
    return out;
  }

private:
  friend class live_feed;
  live_feed& of_;
  http::waker wake_;
  std::uint64_t next_ = 0;
  bool begun_ = false;
};

live_feed::live_feed(const clock& time, std::function<std::string()> overview)
    : time_(time), overview_(std::move(overview)), thread_([this] { loop(); }) {}

live_feed::~live_feed() { stop(); }

void live_feed::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void live_feed::push(const std::string& event, const std::string& data) {
  events_.push_back(event_text(event, data));
  if (events_.size() > events_kept) events_.pop_front();
  ++next_;
}

void live_feed::wake_all() {
  for (const auto* l : lookers_)
    if (l->wake_) l->wake_();
}

void live_feed::news(const request_id& id, request_status status, std::uint32_t run) {
  const std::lock_guard lock{mutex_};
  if (lookers_.empty()) return;
  const auto now = time_.steady();
  if (now - second_ >= every) {
    second_ = now;
    if (dropped_ > 0) push("request", "{\"dropped\":" + std::to_string(dropped_) + "}");
    said_ = dropped_ = 0;
  }
  if (said_ == requests_a_second) {
    ++dropped_;
    return;
  }
  ++said_;
  push("request", http::request_news_json(id, status, run));
  wake_all();
}

void live_feed::loop() {
  std::unique_lock lock{mutex_};
  for (;;) {
    changed_.wait(lock, [&] { return stopping_ || !lookers_.empty(); });
    if (stopping_) return;
    lock.unlock();
    auto picture = overview_();
    lock.lock();
    last_overview_ = std::move(picture);
    push("overview", last_overview_);
    if (dropped_ > 0 && time_.steady() - second_ >= every) {
      push("request", "{\"dropped\":" + std::to_string(std::exchange(dropped_, 0)) + "}");
    }
    wake_all();
    changed_.wait_for(lock, every, [&] { return stopping_; });
    // What is shown first is no older than that.
    if (lookers_.empty()) last_overview_.clear();
  }
}

std::unique_ptr<http::event_feed> live_feed::look() {
  {
    const std::lock_guard lock{mutex_};
    if (stopping_ || lookers_.size() >= most_lookers) return nullptr;
  }
  return std::make_unique<looker>(*this);
}

}  // namespace dip
