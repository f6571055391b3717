// The client's side of the child process that touches pixels. Nothing of libvips is in this process.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/config.hpp"
#include "core/errc.hpp"
#include "core/image_format.hpp"
#include "core/image_info.hpp"
#include "core/plan.hpp"

namespace dip {

// One child's conversation. One thread at a time; a child that died or was killed is replaced before the next
// job. Errors of all calls: `invalid_image` (cannot be decoded), `too_many_pixels`, `invalid_operation`,
// `timeout` (killed at the deadline), `worker_crashed` (it died, or broke the protocol), `unsupported_media`
// (no loader or encoder), `stage_lost` (of process: the TIFF cannot be read), `disk_full`, `io`, `internal`.
class codec {
public:
  struct facts {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    bool has_alpha = false;
    std::uint32_t pages = 1;  // frames of an animation, each of this size
    template <class S, class F>
    static auto fields(S& s, F&& f) {
      return f(s.width, s.height, s.has_alpha, s.pages);
    }
  };

  virtual ~codec() = default;

  // Reads only the header of the file behind `in`. `worker_crashed` when several children, one after the
  // other, died of it.
  [[nodiscard]] virtual result<image_header> probe(int in, image_format format, milliseconds deadline) = 0;

  // Decodes the file: what a person sees, and what its EXIF says. With `location` also where it was taken.
  [[nodiscard]] virtual result<image_info> info(int in, image_format format, bool location,
                                                milliseconds deadline) = 0;

  // Upright, sRGB or with its profile, at the planned size, as uncompressed TIFF (docs/formats.md).
  [[nodiscard]] virtual result<facts> preprocess(int in, const image_header& header,
                                                 const preprocess_plan& plan, int out,
                                                 milliseconds deadline) = 0;

  // `watermarks`: for each distinct `file` parameter of the outputs' watermarks, its key and an open
  // descriptor of it with its format.
  struct watermark_input {
    std::string key;
    int descriptor = -1;
    image_format format = image_format::png;
    template <class S, class F>
    static auto fields(S& s, F&& f) {
      return f(s.key, s.format);
    }
  };
  // From the preprocessed TIFF behind `in`: output i is written to `outs[i]`. With `preview` not -1 a JPEG of
  // at most 240 pixels a side and 20 KB is made of the first output.
  struct processed {
    std::vector<facts> outputs;
    facts preview;
  };
  [[nodiscard]] virtual result<processed> process(int in, const std::vector<output_plan>& outputs,
                                                  const std::vector<int>& outs, int preview,
                                                  const std::vector<watermark_input>& watermarks,
                                                  milliseconds deadline) = 0;
};

// Starts children. Any thread.
// What libvips reads and writes with.
struct codec_library {
  std::string name;     // "png"
  std::string version;  // "1.6.58"
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.name, s.version);
  }
};

struct codec_program {
  std::string name;     // "dip-codec"
  std::string libvips;  // "8.18.7"
  std::vector<codec_library> libraries;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.name, s.libvips, s.libraries);
  }
};

class codec_launcher {
public:
  virtual ~codec_launcher() = default;
  [[nodiscard]] virtual result<std::unique_ptr<codec>> launch() = 0;
  // Process ids of the living children (for tests that kill them, and for figures).
  [[nodiscard]] virtual std::vector<int> children() const = 0;
  // As the children's programs report them; one that was not started yet reports nothing.
  [[nodiscard]] virtual std::vector<codec_program> programs() const = 0;
  // What can be read and written here. The first call may take as long as a program takes to start.
  [[nodiscard]] virtual format_set formats() const = 0;
  [[nodiscard]] virtual bool can_write(image_format format) const = 0;
  // What the kernel refused of the sandbox, for a person; empty: it is whole.
  [[nodiscard]] virtual std::string missing_walls() const = 0;
};

struct codec_options {
  std::string program;            // path of dip-codec; empty: beside this program
  std::string wide_program;       // of dip-codec-wide, which need not be there; empty: `program` with "-wide"
  bool sandbox_required = false;  // else what the kernel refuses of it is done without
  limits_config limits;
  milliseconds longest_job{60'000};  // what a job's deadline may be at most
  std::uint32_t renew_after = 500;   // images
  // What a child may have kept of a large image before it is replaced; an ordinary one needs a tenth.
  std::uint64_t renew_above = 768 * mebibyte;
  std::uint64_t memory_limit = 2ULL * 1024 * mebibyte;  // RLIMIT_AS of a child
};
// Starts the zygote, a single-threaded process that has only initialised libvips, from which children are
// forked. `io` when the program is missing, does not answer, or is not in a sandbox that is required.
[[nodiscard]] result<std::unique_ptr<codec_launcher>> start_codec(codec_options options);

}  // namespace dip
