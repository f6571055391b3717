// What was told of images lately: files never change, and to find out means to decode them.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "core/image_info.hpp"
#include "core/object.hpp"

namespace dip {

// Any thread. Holds the `most` that were asked for last, a kilobyte or two each.
class image_info_cache {
public:
  using key = std::pair<object_name, bool>;  // with the place where it was taken

  explicit image_info_cache(size_t most) : most_(most) {}

  [[nodiscard]] std::optional<image_info> find(const key& of);
  void put(const key& of, image_info told);

private:
  using entries = std::list<std::pair<key, image_info>>;  // the last one asked for first

  const size_t most_;
  std::mutex mutex_;
  entries all_;
  std::map<key, entries::iterator> index_;
};

}  // namespace dip
