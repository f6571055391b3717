// A node as the commands of `dip cluster` show it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>
#include <sys/types.h>

#include "cli/table.hpp"
#include "core/config.hpp"
#include "runtime/supervisor_state.hpp"

namespace dip {

struct node_view {
  enum class state : std::uint8_t {
    stopped,      // no supervisor runs it
    restarting,   // it ended, and is started again after a while
    not_ready,    // it runs; `detail` says what /readyz says
    ready,        // /readyz is 200
    unreachable,  // its machine does not answer; `detail` says why
  };

  std::string name;
  std::string url;           // "http://127.0.0.1:8081"
  std::uint16_t actors = 0;  // port; 0: none
  std::string machine;       // what ssh is given; empty: this one
  pid_t pid = 0;
  state is = state::stopped;
  std::string detail;          // a few words to `is`
  std::string since;           // RFC 3339; of the last start or end
  std::uint32_t failures = 0;  // ends that were not asked for
  std::string last_end;        // of the last of them
  std::string log;             // file, on its machine
  bool supervised = false;     // its machine has a supervisor

  bool operator==(const node_view&) const = default;
};

[[nodiscard]] std::string_view to_string(node_view::state s);

[[nodiscard]] nlohmann::json to_json(const std::vector<node_view>& views);
// `corrupt` for what `to_json` never gave.
[[nodiscard]] result<std::vector<node_view>> parse_node_views(const std::string& text);

// What cluster.conf says of a node.
[[nodiscard]] node_view view_of(const config& conf, const node_config& n, const std::string& machine);

// Whether all are ready, and have a supervisor.
[[nodiscard]] bool all_ready(const std::vector<node_view>& views);
[[nodiscard]] std::string render_nodes(const std::vector<node_view>& views, size_t width,
                                       const cli::style& with);

// Asks /readyz of a node that runs, two seconds long, and sets `is` and `detail`. Who it is need not be
// shown: it is a question without a secret, to a port of this machine, and the certificate is made for the
// public name.
void ask_if_ready(const config& conf, const node_config& n, node_view& view);

// Where people look at the cluster: the console of the first node that is ready, or that node itself if it
// has none. Empty when none is.
[[nodiscard]] std::string door_of(const std::vector<node_view>& views);

}  // namespace dip
