// What the console shows live, made once for all who look: a picture each second, and requests as they
// change.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/request.hpp"
#include "http/operator_port.hpp"

namespace dip {

// Any thread. Its thread works only while somebody looks.
class live_feed {
public:
  static constexpr std::size_t most_lookers = 100;
  static constexpr std::size_t events_kept = 256;
  static constexpr std::uint64_t requests_a_second = 50;

  // `overview` may block.
  live_feed(const clock& time, std::function<std::string()> overview);
  live_feed(const live_feed&) = delete;
  live_feed& operator=(const live_feed&) = delete;
  ~live_feed();

  void news(const request_id& id, request_status status, std::uint32_t run);
  // nullptr: there are `most_lookers`.
  [[nodiscard]] std::unique_ptr<http::event_feed> look();
  // Nobody looks any more, and the thread has ended.
  void stop();

private:
  class looker;
  void loop();
  void push(const std::string& event, const std::string& data);
  void wake_all();

  const clock& time_;
  const std::function<std::string()> overview_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::set<looker*> lookers_;
  std::deque<std::string> events_;  // the last of them
  std::uint64_t next_ = 0;          // the number of the one after them
  std::string last_overview_;
  steady_time second_{};
  std::uint64_t said_ = 0, dropped_ = 0;  // requests, in this second
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace dip
