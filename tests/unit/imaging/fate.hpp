// What becomes of a stranger's file, as it goes through a node.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/config.hpp"
#include "core/plan.hpp"
#include "imaging/codec.hpp"
#include "tests/unit/imaging/files.hpp"

namespace dip::testing {

struct specimen {
  std::string name;
  std::string bytes;
};

// Sniffed, probed, checked, described, planned, worked on. `conflict` where it became an image: errc has no
// word for success.
inline errc fate_of(codec& with, const std::string& bytes, milliseconds deadline = milliseconds{20'000}) {
  const auto format = sniff_format(std::string_view{bytes}.substr(0, sniff_bytes));
  if (!format) return errc::unsupported_media;
  const memory_file in{bytes}, between, out;
  const auto header = with.probe(in.get(), *format, deadline);
  if (!header) return header.error().code;
  if (const auto fits = check_header(*header, {}); !fits) return fits.error().code;
  if (const auto told = with.info(in.get(), *format, true, deadline); !told) return told.error().code;
  recipe what;
  what.outputs.emplace_back().name = "out";
  what.outputs.front().metadata = metadata_policy::keep;
  what.operations = {op("resize", {{"width", whole(64)}})};
  const auto plan = make_plan(*header, what, {});
  if (!plan) return plan.error().code;
  const auto made = with.preprocess(in.get(), *header, plan->preprocess, between.get(), deadline);
  if (!made) return made.error().code;
  const auto done = with.process(between.get(), plan->outputs, {out.get()}, -1, {}, deadline);
  return done ? errc::conflict : done.error().code;
}

inline bool is_clear(errc fate) {
  return fate == errc::conflict || fate == errc::invalid_image || fate == errc::too_many_pixels ||
         fate == errc::unsupported_media || fate == errc::invalid_operation;
}

// At every kilobyte, and of what is small at a sixteenth.
inline std::vector<specimen> truncations(const specimen& sound) {
  std::vector<specimen> all;
  const auto step = std::min<size_t>(1024, std::max<size_t>(1, sound.bytes.size() / 16));
  for (size_t length = 0; length < sound.bytes.size(); length += step)
    all.push_back({sound.name + " cut to " + std::to_string(length), sound.bytes.substr(0, length)});
  return all;
}

}  // namespace dip::testing
