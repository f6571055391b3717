#include "runtime/roster.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include <nlohmann/json.hpp>

#include "runtime/cluster_place.hpp"
#include "storage/quarantine.hpp"

namespace dip {
namespace {

using nlohmann::json;

std::vector<std::string> names_of(const std::vector<node_config>& nodes) {
  std::vector<std::string> out;
  for (const auto& n : nodes) out.push_back(n.name);
  return out;
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

json to_json(const node_list& list) {
  json nodes = json::array();
  for (const auto& n : list.nodes)
    nodes.push_back({{"name", n.name}, {"host", n.host}, {"http", n.http}, {"actors", n.actors}});
  return {{"partitions", list.partitions}, {"replicas", list.replicas}, {"nodes", std::move(nodes)}};
}

node_list list_of(const json& j) {
  node_list out;
  j.at("partitions").get_to(out.partitions);
  j.at("replicas").get_to(out.replicas);
  for (const auto& n : j.at("nodes")) {
    auto& node = out.nodes.emplace_back();
    n.at("name").get_to(node.name);
    n.at("host").get_to(node.host);
    n.at("http").get_to(node.http);
    n.at("actors").get_to(node.actors);
  }
  return out;
}

node_list list_of(const config& c) { return {c.nodes, c.cluster.replicas, c.cluster.partitions}; }

}  // namespace

std::string node_list::id() const {
  auto names = names_of(nodes);
  std::ranges::sort(names);
  auto out = std::to_string(partitions) + "x" + std::to_string(replicas) + ":";
  for (size_t i = 0; i < names.size(); ++i) out += (i == 0 ? "" : ",") + names[i];
  return out;
}

std::vector<std::vector<std::string>> roster::view::quorums_of(partition_id p) const {
  if (p.value >= places.size()) return {};
  std::vector<std::vector<std::string>> out{places[p.value].replicas};
  for (const auto& e : earlier)
    if (const auto& r = e[p.value].replicas; std::ranges::find(out, r) == out.end()) out.push_back(r);
  return out;
}

const node_config* roster::view::find(const std::string& node) const {
  for (const auto* some : {&wanted.nodes, &leaving})
    for (const auto& n : *some)
      if (n.name == node) return &n;
  return nullptr;
}

roster::roster(std::string file, std::string self, std::uint16_t partitions)
    : file_(std::move(file)), self_(std::move(self)), partitions_(partitions), group_settled_(partitions) {}

result<std::unique_ptr<roster>> roster::open(const std::string& data, const std::string& self,
                                             const config& conf) {
  std::unique_ptr<roster> out{new roster{data + "/roster.json", self, conf.cluster.partitions}};
  if (auto loaded = out->load(data, conf); !loaded) return tl::make_unexpected(loaded.error());
  auto& s = out->state_;
  const auto wanted = list_of(conf);
  for (const auto& l : s.lists)
    if (l.partitions != wanted.partitions)
      return fail(errc::bad_request, "the cluster has " + std::to_string(l.partitions) +
                                         " partitions for ever, and cluster.conf says " +
                                         std::to_string(wanted.partitions));
  if (s.lists.empty()) {
    s = {{wanted}, false};
  } else if (s.lists.back().id() != wanted.id()) {
    s.settled = false;
    s.lists.push_back(wanted);
    if (auto written = out->write(s); !written) return tl::make_unexpected(written.error());
  } else {
    s.lists.back() = wanted;  // addresses may be others
  }
  out->show();
  return out;
}

// A node that has data and no file was alone until now, or is older than the file: its list is the one that
// it began with, or what cluster.conf says when it did not begin the cluster.
result<void> roster::load(const std::string& data, const config& conf) {
  if (std::filesystem::exists(file_)) {
    std::ifstream in{file_};
    std::ostringstream text;
    text << in.rdbuf();
    try {
      state_ = read(text.str());
    } catch (const json::exception& e) {
      return fail(errc::corrupt, file_ + " cannot be read: " + e.what());
    }
    return {};
  }
  const auto as = read_incarnation(data);
  if (!as) return tl::make_unexpected(as.error());
  if (!*as) return {};
  const auto began = read_founding(data);
  if (!began) return tl::make_unexpected(began.error());
  auto before = list_of(conf);
  if (*began) {
    before.replicas = (*began)->replicas;
    before.nodes.clear();
    for (const auto& name : (*began)->nodes) {
      const auto known = std::ranges::find(conf.nodes, name, &node_config::name);
      if (known != conf.nodes.end())
        before.nodes.push_back(*known);
      else
        before.nodes.emplace_back().name = name;
    }
  }
  state_ = {{std::move(before)}, true};
  return {};
}

std::shared_ptr<const roster::view> roster::now() const {
  const std::lock_guard lock{mutex_};
  return view_;
}

result<void> roster::begin(bool joins) {
  const std::lock_guard lock{mutex_};
  auto next = state_;
  next.lists = {next.lists.back()};
  next.settled = !joins;
  if (auto written = write(next); !written) return written;
  state_ = std::move(next);
  show();
  return {};
}

result<bool> roster::change(const config& conf) {
  const std::lock_guard lock{mutex_};
  auto wanted = list_of(conf);
  for (const auto& n : wanted.nodes)
    if (const auto* known = view_->find(n.name);
        known && (known->host != n.host || known->actors != n.actors))
      return fail(errc::bad_request,
                  "the address of " + n.name +
                      " for the other nodes is another one: that needs a restart of all nodes");
  if (wanted.id() == view_->id) return false;
  auto next = state_;
  next.lists.push_back(std::move(wanted));
  next.settled = false;
  if (auto written = write(next); !written) return tl::make_unexpected(written.error());
  state_ = std::move(next);
  show();
  return true;
}

// Where all is settled and nothing is said of the groups, as after a start, it counts as complete.
void roster::show() {
  auto v = std::make_shared<view>();
  v->wanted = state_.lists.back();
  v->id = v->wanted.id();
  const auto place = [&](const node_list& l) {
    return place_partitions(partitions_, names_of(l.nodes), l.replicas);
  };
  v->places = place(v->wanted);
  for (size_t i = 0; i + 1 < state_.lists.size(); ++i) {
    v->earlier.push_back(place(state_.lists[i]));
    for (const auto& n : state_.lists[i].nodes)
      if (!v->find(n.name)) v->leaving.push_back(n);
  }
  view_ = std::move(v);
  ++change_;
  group_settled_.assign(partitions_, false);
  whole_ = false;
  missing_ = 0;
}

void roster::group(partition_id p, bool settled) {
  const std::lock_guard lock{mutex_};
  group_settled_.at(p.value) = settled;
}

std::uint64_t roster::under_way() const {
  const std::lock_guard lock{mutex_};
  return state_.settled ? 0 : change_;
}

bool roster::open_groups() const {
  for (const auto& place : view_->places)
    if (contains(place.replicas, self_) && !group_settled_[place.partition.value]) return true;
  return false;
}

bool roster::groups_settled() const {
  const std::lock_guard lock{mutex_};
  return !open_groups();
}

void roster::missing(std::uint64_t change, bool were_settled, std::size_t files) {
  const std::lock_guard lock{mutex_};
  if (change != change_) return;
  missing_ = files;
  whole_ = were_settled && files == 0;
}

bool roster::complete() const {
  const std::lock_guard lock{mutex_};
  return state_.settled || (whole_ && !open_groups());
}

result<void> roster::settle() {
  const std::lock_guard lock{mutex_};
  if (state_.settled) return {};
  auto next = state_;
  next.lists = {next.lists.back()};
  next.settled = true;
  if (auto written = write(next); !written) return written;
  state_ = std::move(next);
  show();
  return {};
}

result<void> roster::forget_earlier() {
  const std::lock_guard lock{mutex_};
  state next{{state_.lists.back()}, false};
  if (auto written = write(next); !written) return written;
  state_ = std::move(next);
  show();
  return {};
}

roster::progress roster::told() const {
  const std::lock_guard lock{mutex_};
  progress out{.of = view_->id, .settled = state_.settled};
  if (out.settled) return out;
  for (const auto& place : view_->places)
    if (contains(place.replicas, self_) && !group_settled_[place.partition.value]) ++out.partitions;
  out.files = missing_;
  return out;
}

result<void> roster::write(const state& s) const {
  json lists = json::array();
  for (const auto& l : s.lists) lists.push_back(to_json(l));
  const json all{{"lists", std::move(lists)}, {"settled", s.settled}};
  return replace_file(file_, all.dump(1) + "\n");
}

roster::state roster::read(const std::string& text) {
  state out;
  const auto all = json::parse(text);
  for (const auto& l : all.at("lists")) out.lists.push_back(list_of(l));
  all.at("settled").get_to(out.settled);
  return out;
}

}  // namespace dip
