// Files that were asked for lately: with their rows, and open or, where they are small, in memory, so that
// asking again costs neither the table nor the file system.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "core/object.hpp"
#include "http/ports.hpp"
#include "storage/object_store.hpp"

namespace dip {

// Any thread; never waits for a disk.
class recent_files {
public:
  struct limits {
    std::size_t files = 4'096;
    std::size_t open = 256;                   // of those, with a descriptor
    std::size_t bytes = 16ULL * 1024 * 1024;  // of the small ones
  };
  static constexpr std::size_t small = 32ULL * 1024;  // up to here a file is kept in memory

  explicit recent_files(limits l) : limits_(l) {}

  // Row and bytes as they are sent. `version` is the row's from before it was read.
  std::shared_ptr<http::opened_object> keep(object_row row, std::unique_ptr<object_reader> file,
                                            std::uint64_t version);
  // nullptr: it is not here, or not of this version.
  [[nodiscard]] std::shared_ptr<http::opened_object> find(const object_name& name, std::uint64_t version);

  void forget(const object_name& name);

private:
  struct entry {
    object_name name;
    std::uint64_t version = 0;
    std::shared_ptr<http::opened_object> file;
  };
  using place = std::list<entry>::iterator;
  struct hashed {
    std::size_t operator()(const object_name& n) const;
  };
  void drop(place at);
  [[nodiscard]] bool over() const;

  const limits limits_;
  std::mutex mutex_;
  std::list<entry> entries_;  // the one asked for last is first
  std::unordered_map<object_name, place, hashed> places_;
  std::size_t open_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace dip
