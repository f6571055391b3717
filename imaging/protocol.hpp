// What dip and its child say to each other. Both sides are built together, yet every message carries its
// version: a dip-codec left behind by an upgrade is refused instead of misread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/errc.hpp"
#include "core/image_format.hpp"
#include "core/plan.hpp"
#include "imaging/codec.hpp"

namespace dip::protocol {

inline constexpr std::uint32_t version = 4;

// To the zygote, on its descriptor 3.
inline constexpr int zygote_socket = 3;
// What the kernel holds a child to; 0: nothing.
struct child_bounds {
  std::uint64_t memory = 0;       // RLIMIT_AS, bytes beyond what a sanitizer has for itself
  std::uint64_t cpu_seconds = 0;  // RLIMIT_CPU, over all of its jobs

  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.memory, s.cpu_seconds);
  }
};
struct fork_request {
  std::uint32_t protocol = version;
  child_bounds bounds;

  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.protocol, s.bounds);
  }
};
// Descriptors: the child's socket, and a pidfd of it, by which it can be killed even after its id is
// another's.
struct fork_reply {
  std::uint32_t protocol = version;
  std::int32_t pid = 0;  // in the zygote's own namespace; 0: it could not be forked, `detail` says why
  std::string detail;
  std::string libvips;  // "8.18.7"
  std::vector<codec_library> libraries;
  std::string missing;  // of the sandbox, for a person
  format_set formats;

  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.protocol, s.pid, s.detail, s.libvips, s.libraries, s.missing, s.formats);
  }
};

enum class job_kind : std::uint8_t { probe, preprocess, process, info };

// Descriptors: the input; then, of preprocess, the output; of process, each output, the preview if there is
// one, and each watermark.
struct job {
  std::uint32_t protocol = version;
  job_kind kind = job_kind::probe;
  image_header header;  // of probe and info only its format, of process nothing
  preprocess_plan plan;
  std::vector<output_plan> outputs;
  bool preview = false;
  std::vector<codec::watermark_input> watermarks;
  std::uint64_t pixels = 0;  // most after a step, and of a page that was not probed before
  std::uint32_t side = 0;    // most of an output
  bool location = false;     // of info

  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.protocol, s.kind, s.header, s.plan, s.outputs, s.preview, s.watermarks, s.pixels, s.side,
             s.location);
  }
};

struct reply {
  std::uint32_t protocol = version;
  bool ok = false;
  errc code = errc::internal;
  std::string detail;
  image_header header;
  std::vector<codec::facts> facts;  // of preprocess one; of process one an output, then the preview's
  image_info info;
  std::uint64_t resident = 0;  // the most bytes of memory that the child has had at a time
  std::uint64_t cpu_ms = 0;    // that it has used, over all of its jobs

  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.protocol, s.ok, s.code, s.detail, s.header, s.facts, s.info, s.resident, s.cpu_ms);
  }
};

// A libvips message can quote whatever the file holds.
inline constexpr size_t detail_limit = 300;

}  // namespace dip::protocol
