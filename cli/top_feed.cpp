#include "cli/top_feed.hpp"

#include <algorithm>

#include "cli/operator_commands.hpp"
#include "core/clock.hpp"

namespace dip::cli {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds every{2};         // what is not in the stream is asked for
constexpr std::chrono::seconds patience{10};     // with a node that hangs
constexpr std::chrono::seconds most_silence{5};  // of the stream, which has a picture each second
constexpr milliseconds longest_pause{2'000};

}  // namespace

top_feed::top_feed(const node_address& where, top_model& model) : where_(where), model_(model) {
  where_.retry_for = std::chrono::seconds(0);
  where_.timeout = patience;
  where_.stop = &stopping_;
  listener_ = std::thread([this] { listen(); });
  fetcher_ = std::thread([this] { fetch(); });
}

top_feed::~top_feed() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  woken_.notify_all();
  listener_.join();
  fetcher_.join();
}

void top_feed::wake() {
  {
    const std::lock_guard lock(mutex_);
    awake_ = true;
  }
  woken_.notify_all();
}

void top_feed::pause(milliseconds time) {
  std::unique_lock lock(mutex_);
  woken_.wait_for(lock, time, [this] { return stopping_.load(); });
}

void top_feed::listen() {
  node_api api(where_);
  milliseconds rest{200};
  while (!stopping_) {
    bool heard = false;
    const auto ended = api.listen("/events", most_silence, [&](const stream_event& event) {
      const std::lock_guard lock(mutex_);
      if (!heard) model_.connect(api.current_url());
      heard = true;
      model_.hear(event);
      changed_ = true;
      return !stopping_;
    });
    if (stopping_) return;
    // A stream that ends without an error is a node that drains; the next try finds another, or none.
    if (!ended && !heard) {
      const std::lock_guard lock(mutex_);
      model_.lose(ended.error(), system_clock().wall());
      changed_ = true;
    }
    if (heard) rest = milliseconds(200);
    pause(rest);
    rest = std::min(longest_pause, rest * 2);
  }
}

void top_feed::do_deeds(node_api& api, const deed_list& what) {
  std::vector<answer<json>> told;
  for (const auto& call : what.calls) {
    told.push_back(api.send(call.method, call.path, call.body));
    if (stopping_) return;
  }
  const std::lock_guard lock(mutex_);
  model_.finish(what, told);
  changed_ = true;
}

void top_feed::ask(node_api& api, const wanted& what) {
  auto body = what.list ? get_pages(api, what.path, what.list, what.most) : api.get(what.path);
  const std::lock_guard lock(mutex_);
  if (body)
    model_.take(what.path, std::move(*body));
  else
    model_.refuse(what.path, body.error());
  changed_ = true;
}

void top_feed::fetch() {
  node_api api(where_);
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    awake_ = false;
    const auto deeds = model_.take_deeds();
    const auto wants = model_.wants();
    lock.unlock();
    if (deeds) do_deeds(api, *deeds);
    for (const auto& what : wants)
      if (!stopping_) ask(api, what);
    lock.lock();
    woken_.wait_for(lock, every, [this] { return awake_ || stopping_; });
  }
}

}  // namespace dip::cli
