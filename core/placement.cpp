#include "core/placement.hpp"

#include <algorithm>
#include <deque>
#include <optional>
#include <string_view>
#include <tuple>

namespace dip {
namespace {

constexpr size_t nobody = ~size_t{0};

// FNV-1a over the name, then the finalizer of SplitMix64: names that differ in one digit end far apart.
std::uint64_t score(size_t partition, std::string_view node) {
  std::uint64_t h = 0xcbf29ce484222325;
  for (const char c : node) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  h += (partition + 1) * 0x9e3779b97f4a7c15;
  h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9;
  h = (h ^ (h >> 27)) * 0x94d049bb133111eb;
  return h ^ (h >> 31);
}

// Nodes and partitions by their numbers.
class layout {
public:
  layout(size_t partitions, const std::vector<std::string>& nodes, size_t replicas)
      : replicas_(replicas),
        total_(partitions * replicas),
        scores_(partitions, std::vector<std::uint64_t>(nodes.size())),
        holds_(partitions, std::vector<bool>(nodes.size())),
        copies_(partitions),
        load_(nodes.size()) {
    for (size_t p = 0; p < partitions; ++p)
      for (size_t n = 0; n < nodes.size(); ++n) scores_[p][n] = score(p, nodes[n]);
  }

  void place() {
    by_preference();
    fill_up();
    while (even_out()) {
    }
  }
  [[nodiscard]] std::vector<size_t> leaders() const;
  [[nodiscard]] const std::vector<bool>& holders(size_t p) const { return holds_[p]; }

private:
  [[nodiscard]] size_t least() const { return total_ / load_.size(); }
  [[nodiscard]] size_t most() const { return (total_ + load_.size() - 1) / load_.size(); }
  void give(size_t p, size_t n) {
    holds_[p][n] = true;
    ++copies_[p];
    ++load_[n];
  }

  // The strongest wishes of all partitions first, as long as the node has room.
  void by_preference() {
    std::vector<std::tuple<std::uint64_t, size_t, size_t>> wishes;
    for (size_t p = 0; p < scores_.size(); ++p)
      for (size_t n = 0; n < load_.size(); ++n) wishes.emplace_back(scores_[p][n], p, n);
    std::sort(wishes.rbegin(), wishes.rend());
    for (const auto& [s, p, n] : wishes)
      if (copies_[p] < replicas_ && load_[n] < most()) give(p, n);
  }

  // Where all nodes with room hold the partition already, another one takes one copy too many.
  void fill_up() {
    for (size_t p = 0; p < scores_.size(); ++p)
      while (copies_[p] < replicas_) {
        auto best = nobody;
        for (size_t n = 0; n < load_.size(); ++n) {
          if (holds_[p][n]) continue;
          if (best == nobody || load_[n] < load_[best] ||
              (load_[n] == load_[best] && scores_[p][n] > scores_[p][best]))
            best = n;
        }
        give(p, best);
      }
  }

  // One copy from a node that has more than another, where the wishes mind least. A node with fewer copies
  // lacks some partition of one with more, so that there always is such a copy.
  bool even_out() {
    const auto [low, high] = std::minmax_element(load_.begin(), load_.end());
    if (*low >= least() && *high <= most()) return false;
    const auto to = static_cast<size_t>(low - load_.begin()),
               from = static_cast<size_t>(high - load_.begin());
    std::optional<size_t> best;
    const auto gain = [&](size_t p) {
      return static_cast<double>(scores_[p][to]) - static_cast<double>(scores_[p][from]);
    };
    for (size_t p = 0; p < scores_.size(); ++p)
      if (holds_[p][from] && !holds_[p][to] && (!best || gain(p) > gain(*best))) best = p;
    holds_[*best][from] = false;
    holds_[*best][to] = true;
    --load_[from];
    ++load_[to];
    return true;
  }

  size_t replicas_, total_;
  std::vector<std::vector<std::uint64_t>> scores_;  // of a partition, a node
  std::vector<std::vector<bool>> holds_;
  std::vector<size_t> copies_;  // of a partition
  std::vector<size_t> load_;    // of a node
};

// Moves leaderships along a chain, from a node that leads most to one that leads two less; false when there
// is none. As the copies are even, it ends with counts that differ by at most one (Harvey, Ladner, Lovász and
// Tamir, "Semi-matchings for bipartite graphs and load balancing", 2003).
bool shift(const layout& l, std::vector<size_t>& leader, std::vector<size_t>& leads) {
  const auto most = *std::max_element(leads.begin(), leads.end());
  std::vector<size_t> through(leads.size(), nobody);  // the partition by which a node was come to
  std::vector<bool> seen(leads.size());
  std::deque<size_t> next;
  for (size_t n = 0; n < leads.size(); ++n)
    if (leads[n] == most) {
      seen[n] = true;
      next.push_back(n);
    }
  for (; !next.empty(); next.pop_front()) {
    const auto from = next.front();
    for (size_t p = 0; p < leader.size(); ++p) {
      if (leader[p] != from) continue;
      for (size_t to = 0; to < leads.size(); ++to) {
        if (seen[to] || !l.holders(p)[to]) continue;
        seen[to] = true;
        through[to] = p;
        if (leads[to] + 2 > most) {
          next.push_back(to);
          continue;
        }
        ++leads[to];
        auto at = to;
        while (through[at] != nobody) {
          const auto before = leader[through[at]];
          leader[through[at]] = at;
          at = before;
        }
        --leads[at];
        return true;
      }
    }
  }
  return false;
}

std::vector<size_t> layout::leaders() const {
  std::vector<size_t> leader(scores_.size()), leads(load_.size());
  for (size_t p = 0; p < scores_.size(); ++p) {
    auto best = nobody;
    for (size_t n = 0; n < load_.size(); ++n)
      if (holds_[p][n] && (best == nobody || scores_[p][n] > scores_[p][best])) best = n;
    leader[p] = best;
    ++leads[best];
  }
  while (shift(*this, leader, leads)) {
  }
  return leader;
}

}  // namespace

std::vector<partition_place> place_partitions(std::uint16_t partitions, std::vector<std::string> nodes,
                                              std::uint16_t replicas) {
  std::sort(nodes.begin(), nodes.end());
  layout l{partitions, nodes, std::min<size_t>(replicas, nodes.size())};
  l.place();
  const auto leader = l.leaders();
  std::vector<partition_place> out(partitions);
  for (std::uint16_t p = 0; p < partitions; ++p) {
    out[p].partition = {p};
    for (size_t n = 0; n < nodes.size(); ++n)
      if (l.holders(p)[n]) out[p].replicas.push_back(nodes[n]);
    out[p].leader = nodes[leader[p]];
  }
  return out;
}

}  // namespace dip
