#include "runtime/supervisor_state.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "cli/text_file.hpp"

namespace dip {
namespace {

using nlohmann::json;

json to_json(const supervised_node& n) {
  json out{{"name", n.name},
           {"pid", n.pid},
           {"start_ticks", n.start_ticks},
           {"since", to_rfc3339(n.since)},
           {"failures", n.failures},
           {"last_end", n.last_end}};
  if (n.starts_again) out["starts_again"] = to_rfc3339(*n.starts_again);
  return out;
}

supervised_node node_of(const json& j) {
  supervised_node n;
  j.at("name").get_to(n.name);
  j.at("pid").get_to(n.pid);
  j.at("start_ticks").get_to(n.start_ticks);
  n.since = parse_rfc3339(j.at("since").get<std::string>()).value_or(wall_time{});
  j.at("failures").get_to(n.failures);
  j.at("last_end").get_to(n.last_end);
  if (j.contains("starts_again"))
    if (const auto at = parse_rfc3339(j.at("starts_again").get<std::string>())) n.starts_again = *at;
  return n;
}

// A lock of the open file, gone with it however the process ends; unlike flock's, one can ask for it without
// taking it.
struct flock whole_file() {
  struct flock all{};
  all.l_type = F_WRLCK;
  all.l_whence = SEEK_SET;
  return all;
}

}  // namespace

std::string to_text(const supervisor_state& state) {
  json nodes = json::array();
  for (const auto& n : state.nodes) nodes.push_back(to_json(n));
  return json{{"boot", state.boot},
              {"config", state.config},
              {"supervisor", state.supervisor},
              {"nodes", std::move(nodes)}}
             .dump(2, ' ', false, json::error_handler_t::replace) +
         "\n";
}

result<supervisor_state> parse_supervisor_state(const std::string& text) {
  try {
    const auto j = json::parse(text);
    supervisor_state out;
    j.at("boot").get_to(out.boot);
    j.at("config").get_to(out.config);
    j.at("supervisor").get_to(out.supervisor);
    for (const auto& n : j.at("nodes")) out.nodes.push_back(node_of(n));
    return out;
  } catch (const json::exception&) {
    return fail(errc::corrupt, "not the state of a supervisor");
  }
}

supervisor_state read_state(const cluster_place& place) {
  if (const auto text = read_text_file(place.state_file()))
    if (auto state = parse_supervisor_state(*text); state && state->boot == boot_id()) return *state;
  return {};
}

std::optional<watched_process> process_of(const supervisor_state& state, const std::string& node) {
  for (const auto& n : state.nodes)
    if (n.name == node) return watched_process::find(n.pid, n.start_ticks);
  return std::nullopt;
}

std::vector<std::string> read_names(const cluster_place& place) {
  const auto text = read_text_file(place.names_file());
  const auto j = text ? json::parse(*text, nullptr, false) : json();
  std::vector<std::string> out;
  for (const auto& name : j.is_array() ? j : json::array())
    if (name.is_string()) out.push_back(name.get<std::string>());
  return out;
}

result<void> write_names(const cluster_place& place, const std::vector<std::string>& names) {
  return replace_file(place.names_file(), json(names).dump() + "\n");
}

result<supervisor_lock> supervisor_lock::take(const cluster_place& place) {
  const auto file = place.lock_file();
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (fd < 0) return fail(errc::io, file + " cannot be opened: " + std::strerror(errno));
  supervisor_lock held(fd);
  auto whole = whole_file();
  if (::fcntl(fd, F_OFD_SETLK, &whole) != 0)
    return fail(errc::conflict, "a supervisor of " + place.directory + " is running already");
  const auto line =
      std::to_string(::getpid()) + " " + std::to_string(start_ticks_of(::getpid()).value_or(0)) + "\n";
  if (::ftruncate(fd, 0) != 0 || ::write(fd, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
    return fail(errc::io, file + " cannot be written: " + std::strerror(errno));
  return held;
}

std::optional<watched_process> supervisor_lock::holder(const cluster_place& place) {
  const int fd = ::open(place.lock_file().c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  const supervisor_lock looked(fd);
  auto whole = whole_file();
  if (::fcntl(fd, F_OFD_GETLK, &whole) != 0 || whole.l_type == F_UNLCK) return std::nullopt;
  std::array<char, 64> line{};
  const auto length = ::pread(fd, line.data(), line.size(), 0);
  if (length <= 0) return std::nullopt;
  const char* end = line.data() + length;
  pid_t pid = 0;
  std::uint64_t ticks = 0;
  const auto [blank, problem] = std::from_chars(line.data(), end, pid);
  if (problem != std::errc() || blank == end) return std::nullopt;
  if (std::from_chars(blank + 1, end, ticks).ec != std::errc()) return std::nullopt;
  return watched_process::find(pid, ticks);
}

supervisor_lock::supervisor_lock(supervisor_lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

supervisor_lock::~supervisor_lock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace dip
