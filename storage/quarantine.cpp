#include "storage/quarantine.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <unistd.h>
#include <xxhash.h>

#include "core/placement.hpp"

namespace dip {
namespace {

namespace fs = std::filesystem;

std::string path_in(const std::string& data) { return data + "/incarnation"; }

tl::unexpected<error> io_error(const std::string& path) {
  return fail(errc::io, path + ": " + std::strerror(errno));
}

result<void> sync_path(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return io_error(path);
  const bool synced = ::fsync(fd) == 0;
  auto failed = io_error(path);
  ::close(fd);
  if (!synced) return failed;
  return {};
}

result<void> replace(const std::string& data, const std::string& text) {
  const auto path = path_in(data), fresh = path + ".new";
  {
    std::ofstream out{fresh};
    out << text;
    out.flush();
    if (!out) return io_error(fresh);
  }
  if (auto synced = sync_path(fresh); !synced) return synced;
  if (::rename(fresh.c_str(), path.c_str()) != 0) return io_error(path);
  return sync_path(data);
}

}  // namespace

result<void> write_incarnation(const std::string& data, incarnation value) {
  return replace(data, std::to_string(value.value) + '\n');
}

result<void> write_founding(const std::string& data, const founding& f) {
  auto text = "0\nreplicas " + std::to_string(f.replicas) + '\n';
  for (const auto& node : f.nodes) text += "node " + node + '\n';
  return replace(data, text);
}

result<std::optional<founding>> read_founding(const std::string& data) {
  const auto as = read_incarnation(data);
  if (!as) return tl::make_unexpected(as.error());
  if (!*as || (*as)->value != 0) return std::nullopt;
  std::ifstream in{path_in(data)};
  std::string line, word;
  std::getline(in, line);
  founding out;
  if (!(in >> word >> out.replicas) || word != "replicas")
    return fail(errc::corrupt, path_in(data) + " does not say how the cluster began");
  for (std::string node; in >> word >> node;) {
    if (word != "node") return fail(errc::corrupt, path_in(data) + " does not say how the cluster began");
    out.nodes.push_back(std::move(node));
  }
  if (out.nodes.empty()) return fail(errc::corrupt, path_in(data) + " names no node");
  return std::optional{std::move(out)};
}

std::vector<membership> first_members(const std::optional<founding>& f, std::uint16_t partitions) {
  std::vector<membership> out(partitions);
  if (!f) return out;
  for (const auto& place : place_partitions(partitions, f->nodes, f->replicas)) {
    std::vector<node_id> names;
    for (const auto& node : place.replicas) names.push_back(raft_name(node, {0}));
    out.at(place.partition.value) = make_membership(names);
  }
  return out;
}

result<std::optional<incarnation>> read_incarnation(const std::string& data) {
  const auto path = path_in(data);
  std::error_code bad;
  if (!fs::exists(path, bad)) {
    if (bad) return fail(errc::io, path + ": " + bad.message());
    return std::nullopt;
  }
  std::ifstream in{path};
  incarnation out;
  if (!(in >> out.value)) return fail(errc::corrupt, path + " cannot be read");
  return std::optional{out};
}

result<std::string> set_aside(const std::string& data) {
  auto present = read_incarnation(data);
  if (!present) return tl::make_unexpected(present.error());
  // The number first: a name that was given up is not taken again, wherever this is cut off.
  const incarnation next{present->value_or(incarnation{}).value + 1};
  if (auto written = write_incarnation(data, next); !written) return tl::make_unexpected(written.error());
  auto name = "state.damaged." + std::to_string(next.value);
  if (::rename((data + "/state").c_str(), (data + "/" + name).c_str()) != 0) return io_error(data + "/state");
  if (auto synced = sync_path(data); !synced) return tl::make_unexpected(synced.error());
  return name;
}

namespace {

// An incarnation whose state somebody has removed: it may have voted.
result<void> leave_lost_state(const std::string& data, other_copies others, entered_state& out) {
  const auto before = read_incarnation(data);
  if (!before) return tl::make_unexpected(before.error());
  std::error_code bad;
  const bool there = fs::exists(data + "/state/FORMAT", bad);
  if (bad) return fail(errc::io, data + "/state/FORMAT: " + bad.message());
  if (!*before || there) return {};
  out.why = data + "/state is gone";
  if (others == other_copies::none)
    return fail(errc::corrupt,
                out.why + "; no other node has a copy, so nothing is served: put it back, or remove " +
                    path_in(data) + " to begin anew");
  return write_incarnation(data, {(*before)->value + 1});
}

}  // namespace

result<entered_state> enter_state(const std::string& data, other_copies others,
                                  const std::function<result<void>()>& open) {
  entered_state out;
  if (auto left = leave_lost_state(data, others, out); !left) return tl::make_unexpected(left.error());
  if (auto opened = open(); !opened) {
    if (opened.error().code != errc::corrupt) return tl::make_unexpected(opened.error());
    if (others == other_copies::none)
      return fail(errc::corrupt, opened.error().detail + "; no other node has a copy, so nothing is served");
    auto aside = set_aside(data);
    if (!aside) return tl::make_unexpected(aside.error());
    out.aside = std::move(*aside);
    out.why = opened.error().detail;
    if (auto again = open(); !again) return tl::make_unexpected(again.error());
  }
  auto present = read_incarnation(data);
  if (!present) return tl::make_unexpected(present.error());
  out.as = *present;
  return out;
}

node_id raft_name(const std::string& node, incarnation of) {
  const auto text = node + "/" + std::to_string(of.value);
  const auto hash = XXH3_64bits(text.data(), text.size());
  return {hash == 0 ? 1 : hash};
}

}  // namespace dip
