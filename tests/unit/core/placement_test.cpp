#include "core/placement.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <catch2/catch_test_macros.hpp>

using namespace dip;

namespace {

std::vector<std::string> names(size_t count, size_t from = 1) {
  std::vector<std::string> out;
  for (size_t i = 0; i < count; ++i) out.push_back("n" + std::to_string(from + i));
  return out;
}

struct loads {
  std::map<std::string, size_t> copies, leads;
};

loads loads_of(const std::vector<partition_place>& places, const std::vector<std::string>& nodes) {
  loads out;
  for (const auto& n : nodes) out.copies[n] = out.leads[n] = 0;
  for (const auto& p : places) {
    for (const auto& n : p.replicas) ++out.copies[n];
    ++out.leads[p.leader];
  }
  return out;
}

size_t spread(const std::map<std::string, size_t>& counts) {
  size_t least = ~size_t{0}, most = 0;
  for (const auto& [name, count] : counts) {
    least = std::min(least, count);
    most = std::max(most, count);
  }
  return most - least;
}

// Copies in `b` that were not there in `a`.
size_t moved(const std::vector<partition_place>& a, const std::vector<partition_place>& b) {
  size_t out = 0;
  for (size_t p = 0; p < a.size(); ++p)
    for (const auto& n : b[p].replicas)
      out += std::find(a[p].replicas.begin(), a[p].replicas.end(), n) == a[p].replicas.end();
  return out;
}

}  // namespace

TEST_CASE("each partition is on as many different nodes as asked for, and one of them leads it") {
  for (const std::uint16_t partitions : std::initializer_list<std::uint16_t>{1, 8, 64})
    for (size_t nodes = 1; nodes <= 9; ++nodes)
      for (const std::uint16_t replicas : std::initializer_list<std::uint16_t>{1, 2, 3, 5}) {
        CAPTURE(partitions, nodes, replicas);
        const auto places = place_partitions(partitions, names(nodes), replicas);
        REQUIRE(places.size() == partitions);
        for (std::uint16_t p = 0; p < partitions; ++p) {
          const auto& at = places[p];
          CHECK(at.partition == partition_id{p});
          CHECK(std::set(at.replicas.begin(), at.replicas.end()).size() == std::min<size_t>(replicas, nodes));
          CHECK(std::is_sorted(at.replicas.begin(), at.replicas.end()));
          CHECK(std::count(at.replicas.begin(), at.replicas.end(), at.leader) == 1);
        }
      }
}

TEST_CASE("copies and leaders are spread evenly, to one") {
  for (const std::uint16_t partitions : std::initializer_list<std::uint16_t>{1, 7, 8, 16, 64, 200})
    for (size_t nodes = 1; nodes <= 12; ++nodes)
      for (const std::uint16_t replicas : std::initializer_list<std::uint16_t>{1, 3, 5})
        for (size_t from : {1, 100, 7000}) {
          CAPTURE(partitions, nodes, replicas, from);
          const auto who = names(nodes, from);
          const auto l = loads_of(place_partitions(partitions, who, replicas), who);
          CHECK(spread(l.copies) <= 1);
          CHECK(spread(l.leads) <= 1);
        }
}

TEST_CASE("the order in which the nodes are named does not matter") {
  auto nodes = names(7);
  const auto places = place_partitions(64, nodes, 3);
  std::reverse(nodes.begin(), nodes.end());
  CHECK(place_partitions(64, nodes, 3) == places);
}

TEST_CASE("when a node joins or leaves, little more moves than has to") {
  for (const std::uint16_t partitions : std::initializer_list<std::uint16_t>{8, 64, 256})
    for (size_t nodes = 3; nodes <= 9; ++nodes) {
      size_t came = 0, left = 0, needed = 0;
      constexpr size_t rounds = 8;
      for (size_t round = 0; round < rounds; ++round) {
        const auto few = names(nodes, round * 50 + 1), more = names(nodes + 1, round * 50 + 1);
        const auto before = place_partitions(partitions, few, 3),
                   after = place_partitions(partitions, more, 3);
        came += moved(before, after);
        left += moved(after, before);
        needed += partitions * size_t{3} / (nodes + 1);
      }
      CAPTURE(partitions, nodes, came, left, needed);
      CHECK(came >= needed);
      // Hashing by the number of nodes would move two thirds of all copies and more.
      CHECK(came <= needed * 2);
      CHECK(left <= needed * 2);
    }
}

TEST_CASE("where all hold everything, a node that leaves changes nothing for the others") {
  const auto before = place_partitions(8, names(3), 3), after = place_partitions(8, names(2), 3);
  for (size_t p = 0; p < 8; ++p) CHECK(after[p].replicas == names(2));
  CHECK(moved(before, after) == 0);
}

// Nodes of different versions must agree.
TEST_CASE("the places of three nodes are what they always were") {
  std::string leaders;
  for (const auto& p : place_partitions(8, names(3), 3)) leaders += p.leader;
  CHECK(leaders == "n3n1n2n2n2n1n1n3");
  std::string homes;
  for (const auto& p : place_partitions(8, names(5), 1)) homes += p.leader;
  CHECK(homes == "n5n1n5n4n2n1n4n3");
}
