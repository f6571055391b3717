// What the terminal console hears from the nodes and has them do, in threads of its own.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "cli/top_model.hpp"

namespace dip::cli {

// Fills a model: the stream of events, what its place wants, and what was agreed to be done. Every touch of
// the model, also of others, holds `mutex()`.
class top_feed {
public:
  // `model` outlives it.
  top_feed(const node_address& where, top_model& model);
  ~top_feed();  // ends what is under way
  top_feed(const top_feed&) = delete;
  top_feed& operator=(const top_feed&) = delete;

  [[nodiscard]] std::mutex& mutex() { return mutex_; }
  // The model wants something else now, or has something to be done.
  void wake();
  // Whether something came since it was asked last.
  [[nodiscard]] bool changed() { return changed_.exchange(false); }

private:
  void listen();
  void fetch();
  void pause(std::chrono::milliseconds time);
  void do_deeds(node_api& api, const deed_list& what);
  void ask(node_api& api, const wanted& what);

  node_address where_;
  top_model& model_;
  std::mutex mutex_;
  std::condition_variable woken_;
  bool awake_ = false;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> changed_ = true;
  std::thread listener_, fetcher_;
};

}  // namespace dip::cli
