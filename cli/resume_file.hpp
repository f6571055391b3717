// What a run has done so far, on disk: after SIGKILL the same command goes on where it was.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include <nlohmann/json.hpp>

#include "core/errc.hpp"

namespace dip::cli {

// Lines of JSON, the last one of a key counts:
//   {"key":K,"file":"a.jpg","state":"begun","idempotency_key":X}   before anything is sent
//   {"key":K,"state":"accepted","id":I}                            the node has the request
//   {"key":K,"state":"done","record":{…}}                          nothing is left to do
//   {"key":K,"state":"failed"}                                     a next run begins anew
// Several processes may use one file at a time. Any thread.
class resume_file {
public:
  struct entry {
    enum class stage : unsigned char { begun, accepted, done };
    stage at = stage::begun;
    std::string idempotency_key;  // of `begun` and `accepted`
    std::string id;               // of `accepted`
    nlohmann::json record;        // of `done`
  };

  // Made when it is not there. Errors: `io`; `bad_request` when it is something else.
  [[nodiscard]] static result<std::unique_ptr<resume_file>> open(const std::string& path);
  ~resume_file();
  resume_file(const resume_file&) = delete;
  resume_file& operator=(const resume_file&) = delete;

  // Of earlier runs and this one; nothing when it has not begun, or failed.
  [[nodiscard]] std::optional<entry> find(const std::string& key) const;
  // The entry as it is now: a new one with an idempotency key of its own when there was none.
  [[nodiscard]] entry begin(const std::string& key, const std::string& file);
  void accepted(const std::string& key, const std::string& id);
  void done(const std::string& key, const nlohmann::json& record);
  void failed(const std::string& key);

  // Forgets what this process began or found; the file goes when nothing is left in it and nobody else has it
  // open.
  void forget();
  // Why a line could not be written, or "".
  [[nodiscard]] std::string problem() const;
  [[nodiscard]] const std::string& path() const { return path_; }

private:
  resume_file(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  result<void> read();
  void apply(const nlohmann::json& line);
  void append(const nlohmann::json& line);

  const std::string path_;
  int fd_;
  mutable std::mutex mutex_;
  std::map<std::string, entry> entries_;
  mutable std::set<std::string> used_;  // by this process
  std::string problem_;
};

}  // namespace dip::cli
