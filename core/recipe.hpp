// What a request asks to be done to its image, checked against the operation table.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/errc.hpp"
#include "core/image_format.hpp"

namespace dip {

struct limits_config;

// A parameter's value; monostate where it was left out and has no default. Text holds choices, colours and
// object keys as well.
using param_value = std::variant<std::monostate, bool, std::int64_t, double, std::string>;

// One step. `params` are in the order of the operation's spec, defaults filled in.
struct operation {
  std::string op;
  std::vector<param_value> params;

  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.op, s.params);
  }
  bool operator==(const operation&) const = default;
};

// What becomes of EXIF, XMP, IPTC and the colour profile.
enum class metadata_policy : std::uint8_t {
  strip,     // nothing stays, and colours become sRGB
  keep,      // all stays, a wide gamut with its profile as well
  copyright  // EXIF's copyright and artist stay
};
[[nodiscard]] std::string_view to_string(metadata_policy policy) noexcept;

struct output_spec {
  std::string name;                    // [a-z0-9_-]{1,64}, unique in the request
  std::optional<image_format> format;  // none: the input's, or what can carry it
  std::optional<std::uint32_t> quality;
  std::optional<std::uint32_t> effort;
  bool lossless = false;
  bool progressive = false;
  std::vector<operation> operations;       // after the request's own
  std::optional<std::uint32_t> max_bytes;  // quality is lowered until it fits
  metadata_policy metadata = metadata_policy::strip;

  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.name, s.format, s.quality, s.effort, s.lossless, s.progressive, s.operations, s.max_bytes,
             s.metadata);
  }
  bool operator==(const output_spec&) const = default;
};

struct recipe {
  std::optional<std::uint32_t> max_width;  // preprocess.max_width: a bound on the preprocessed file
  std::optional<std::uint32_t> max_height;
  std::vector<operation> operations;
  std::vector<output_spec> outputs;   // never empty once parsed
  std::optional<std::uint32_t> page;  // preprocess.page, from 0: this one alone, of an animation as well

  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.max_width, s.max_height, s.operations, s.outputs, s.page);
  }
  bool operator==(const recipe&) const = default;
};

// What POST /process-file carries, all but the meaning of `file` checked.
struct process_request {
  std::string file;  // as the caller wrote it: a key, a path or a URL
  recipe what;
  std::string preset;         // the preset's name, or empty
  std::string email;          // or empty
  std::string webhook;        // or empty
  std::string language;       // of the e-mail, or empty
  std::string metadata_json;  // the caller's object, compact; empty when there is none
};

// Reads a request. `preset` gives the JSON text of a preset by name, or nothing; it is laid under what the
// request says: a field of the request replaces the preset's. Errors: `invalid_operation` with the JSON
// pointer of the field (unknown field or operation, wrong type, out of range), `bad_request` when `text` is
// not a JSON object.
using preset_lookup = std::optional<std::string> (*)(const void* context, std::string_view name);
[[nodiscard]] result<process_request> parse_process_request(std::string_view text,
                                                            const limits_config& limits, preset_lookup preset,
                                                            const void* context);

// A list of operations, as in `operations`; `pointer` is put before the pointers of errors. For presets and
// the CLI.
[[nodiscard]] result<std::vector<operation>> parse_operations(const nlohmann::json& list,
                                                              const limits_config& limits,
                                                              const std::string& pointer);

// The JSON that means the same: what GET /requests/{id} shows.
[[nodiscard]] nlohmann::json to_json(const operation& op);
[[nodiscard]] nlohmann::json to_json(const output_spec& output);

}  // namespace dip
