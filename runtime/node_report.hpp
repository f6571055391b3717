// What a node says of itself when the cluster is asked for, and how the answers of all become one picture.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <caf/fwd.hpp>

#include "actors/environment.hpp"
#include "core/image_format.hpp"
#include "http/ports.hpp"
#include "imaging/codec.hpp"

namespace dip {

struct node_report {
  struct partition {
    std::uint64_t applied = 0, term = 0;
    bool leads = false;
    std::uint64_t hash = 0;                     // of its state at `applied`; 0: it was not asked for
    std::vector<std::string> voters, learners;  // nodes, as its replica knows its group
    std::uint64_t log_term = 0, log_index = 0;  // of the last entry of its log
    template <class S, class F>
    static auto fields(S& s, F&& f) {
      return f(s.applied, s.term, s.leads, s.hash, s.voters, s.learners, s.log_term, s.log_index);
    }
  };
  std::string version;
  wall_time since{};
  bool draining = false;
  std::uint64_t disk_free = 0;
  double load = 0;
  format_set formats;
  std::vector<codec_program> programs;
  std::vector<partition> partitions;  // all of them, in their order
  // The list of nodes that it goes by, and what it lacks of it (runtime/roster.hpp); empty: it is alone.
  std::string placement;
  bool settled = true;
  std::uint64_t partitions_left = 0, files_left = 0;
  std::uint64_t actors = 0, restarts = 0, memory = 0;
  struct sight {
    std::string node;
    bool up = false;
    wall_time since{};
    std::optional<std::uint64_t> last_heard_ms;
    template <class S, class F>
    static auto fields(S& s, F&& f) {
      return f(s.node, s.up, s.since, s.last_heard_ms);
    }
  };
  std::vector<sight> sees;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.version, s.since, s.draining, s.disk_free, s.load, s.formats, s.programs, s.partitions,
             s.placement, s.settled, s.partitions_left, s.files_left, s.actors, s.restarts, s.memory, s.sees);
  }
};

// What is asked of a peer that is to hash its partitions as well.
inline constexpr std::string_view hashes_too = "hashes";

// Of the peers: those that do not answer in time are missing. Blocks; any thread that is no actor's.
[[nodiscard]] std::map<std::string, node_report> ask_peers(caf::actor_system& system, const environment& env,
                                                           bool with_hashes);

// `reports` by node, with this node's own.
[[nodiscard]] http::cluster_picture picture_of(const environment& env,
                                               const std::map<std::string, node_report>& reports);

}  // namespace dip
