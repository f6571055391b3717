// The client's side of the zygote: children from it, and itself started again when it has died.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <sys/types.h>

#include "core/clock.hpp"
#include "core/errc.hpp"
#include "imaging/channel.hpp"
#include "imaging/descriptor.hpp"
#include "imaging/protocol.hpp"

namespace dip {

class fork_server;

// A child, killed when this goes.
class child_process {
public:
  child_process(std::shared_ptr<fork_server> from, pid_t pid, descriptor socket, descriptor handle);
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;
  ~child_process();

  [[nodiscard]] int socket() const { return socket_.get(); }

private:
  std::shared_ptr<fork_server> from_;
  pid_t pid_;
  descriptor socket_;
  descriptor handle_;  // pidfd: the id may be another process's by now
};

// Any thread.
class fork_server : public std::enable_shared_from_this<fork_server> {
public:
  fork_server(std::string program, protocol::child_bounds bounds);
  fork_server(const fork_server&) = delete;
  fork_server& operator=(const fork_server&) = delete;
  ~fork_server();

  // A zygote that is lost meanwhile is started again, a few times. Errors: `io`.
  [[nodiscard]] result<std::unique_ptr<child_process>> fork();
  [[nodiscard]] std::vector<int> children() const;
  // Lets the zygote go if it has no child; the next `fork` starts it again.
  void rest();
  // As the zygote said last; empty before it was started.
  [[nodiscard]] codec_program program() const;
  [[nodiscard]] std::string missing_walls() const;
  [[nodiscard]] format_set formats() const;

private:
  friend class child_process;

  [[nodiscard]] result<void> start();
  void stop();
  [[nodiscard]] result<message> exchange(steady_time deadline);
  [[nodiscard]] result<std::unique_ptr<child_process>> ask(steady_time deadline);

  const std::string program_;
  const protocol::child_bounds bounds_;
  mutable std::mutex mutex_;
  pid_t zygote_ = 0;
  descriptor socket_;
  protocol::fork_reply said_;
  std::map<pid_t, int> handles_;  // pidfds of the children, owned by them
};

}  // namespace dip
