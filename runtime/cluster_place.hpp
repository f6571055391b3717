// Where `dip cluster` keeps what belongs to the nodes of one cluster.conf on this machine.
#pragma once

#include <cstdint>
#include <string>

#include "core/config.hpp"

namespace dip {

// All paths are absolute.
struct cluster_place {
  std::string config;     // cluster.conf
  std::string home;       // its directory, in which its nodes run
  std::string directory;  // of the files below
  std::string program;    // the dip that nodes are
  std::uint64_t log_size = 0;

  [[nodiscard]] std::string lock_file() const;   // locked by the supervisor as long as it lives; has its pid
  [[nodiscard]] std::string names_file() const;  // which nodes it is to run; `up` writes it
  [[nodiscard]] std::string state_file() const;  // what it runs; the supervisor writes it
  [[nodiscard]] std::string supervisor_log() const;
  [[nodiscard]] std::string log_of(const std::string& node) const;
};

// Looks at no file but `config_file`, which must be there: `not_found` else.
[[nodiscard]] result<cluster_place> find_place(const std::string& config_file, const launch_config& launch);

// The running program's file; also when another one has taken its place since.
[[nodiscard]] std::string own_program();

// All of it or nothing, whenever the machine stops. `io` with a sentence.
[[nodiscard]] result<void> replace_file(const std::string& path, const std::string& text);

}  // namespace dip
