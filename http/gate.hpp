// The connection gate: one thread with epoll keeps all connections, and spends a thread of a lane on one only
// while there is work for it.
//
//                       ┌───────────── gate's thread ─────────────┐      ┌────── lanes ──────┐
//   accept ─▶ handshake ─▶ head (small body) ─▶ admitted by the router ─▶ requests │ bodies ─▶ route
//                  idle ◀─ sending, parked, events ◀──────────────────────────────────────────── answer
//
// Whoever has a connection in the state `working` owns it, and gives it away with `rest`, `submit` or `drop`:
// after one of these it must not be touched.
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <sys/epoll.h>
#include <sys/socket.h>

#include "http/connection.hpp"
#include "http/lane.hpp"
#include "http/retry_pace.hpp"
#include "http/server.hpp"

namespace dip::http {

class gate {
public:
  gate(router routes, const clock& time, access_log log, server_options options);
  ~gate();
  gate(const gate&) = delete;
  gate& operator=(const gate&) = delete;

  result<std::uint16_t> start(const std::string& host, std::uint16_t port);
  void stop(milliseconds within);
  [[nodiscard]] server_figures figures() const;

private:
  using conn = std::shared_ptr<connection>;
  using state = connection::state;
  using task = connection::task;
  using step_state = connection::step_state;

  // gate.cpp: the thread, and what happens to connections without a request.
  void run();
  [[nodiscard]] int patience() const;
  void accept_some();
  void take_newcomers(bool now);
  void admit_connection(int descriptor, const sockaddr_storage& from);
  void evict_idle();
  void on_event(const conn& c, std::uint32_t events);
  void discard(const conn& c);
  void sweep(steady_time now);
  void expire(const conn& c, state was);
  void end_of_time(steady_time now);
  void fire_timers(steady_time now);
  void poke() const;
  [[nodiscard]] static bool& on_gates_thread();
  [[nodiscard]] conn find(std::uint64_t token) const;
  [[nodiscard]] std::vector<conn> all(size_t first = 0, size_t count = SIZE_MAX) const;

  // gate_heads.cpp: from bytes to a request in a lane.
  void read_head(const conn& c, state was, std::uint32_t events);
  [[nodiscard]] bool advance(const conn& c);  // true: the connection was given away
  [[nodiscard]] bool begin(const conn& c, size_t head_size);
  router::admission admit(exchange& e, const std::string& target) const;
  void refuse(const conn& c, const error& why);
  void turn_away(const conn& c, const error& why);
  [[nodiscard]] http_response problem_of(const connection& c, const error& why);  // counts who found no room
  exchange& new_exchange(connection& c) const;

  // gate_answers.cpp: from a lane to the answer's last byte.
  void work(const conn& c);
  void shake_hands(const conn& c);
  void serve(const conn& c);
  void respond(const conn& c, http_response r);
  void park(const conn& c);
  void resume(const conn& c);
  void send_answer(const conn& c, http_response r);
  void send_more(const conn& c);
  [[nodiscard]] static step_state send_piece(connection& c);
  [[nodiscard]] static connection::step transmit_source(connection& c);
  [[nodiscard]] static bool gate_may_send(const connection& c);
  static void take_small_file(connection& c);
  void start_events(const conn& c, http_response r);
  void send_events(const conn& c);
  void flush_events(const conn& c);
  void finished(const conn& c);
  void abandon(const conn& c, std::string why);
  void note(const connection& c, bool complete) const;
  [[nodiscard]] byte_input input_of(connection& c);
  void wake(const std::weak_ptr<connection>& to);

  // Giving a connection away.
  void rest(const conn& c, state as, steady_time until, std::uint32_t events);
  void await_request(const conn& c);
  void linger(const conn& c);
  void drop(const conn& c);
  void submit(const conn& c, task what);        // `overloaded` is answered where there is no room
  void submit_again(const conn& c, task what);  // there is always room
  [[nodiscard]] bool claim(const conn& c, state from);
  void arm(const connection& c, std::uint32_t events) const;
  void account(connection& c);
  [[nodiscard]] lane& lane_of(const connection& c);

  static constexpr std::uint32_t wants_request = EPOLLIN | EPOLLRDHUP;

  router routes_;
  const clock& time_;
  access_log log_;
  server_options options_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::int64_t> stop_at_{0};  // steady milliseconds
  int epoll_ = -1, listener_ = -1, wakeup_ = -1;
  std::uint32_t serial_ = 0;  // of the connection accepted last
  bool listening_ = true;     // false while no descriptors are left
  steady_time next_sweep_{};
  size_t sweep_at_ = 0;  // the next place of the table to look at
  mutable std::mutex table_mutex_;
  std::vector<conn> table_;  // by descriptor
  std::atomic<std::size_t> connections_{0};
  std::atomic<std::size_t> buffered_{0};
  std::atomic<std::uint64_t> accepted_{0}, turned_away_{0}, overloaded_{0}, timed_out_{0};
  mutable std::mutex timers_mutex_;
  std::multimap<steady_time, std::weak_ptr<connection>> timers_;  // of what is parked
  std::vector<char> piece_;                                       // the gate's thread reads into it
  std::thread thread_;
  retry_pace pace_;
  lane requests_, bodies_;
};

}  // namespace dip::http
