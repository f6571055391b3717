// Objects: immutable files in buckets, and the rows that say that they exist.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/errc.hpp"
#include "core/ids.hpp"
#include "core/image_format.hpp"

namespace dip {

enum class bucket : std::uint8_t { request_files, preprocessed_files, processed_files };

// "rtp-request-files" and so on.
[[nodiscard]] std::string_view to_string(bucket b);
[[nodiscard]] result<bucket> parse_bucket(std::string_view name);

// Where an object is. A key starts with a ULID, which names its partition:
//   upload, preprocessed, preview   {ULID}.{ext}
//   output                          {ULID of the attempt}/{output name}.{ext}
struct object_name {
  bucket in = bucket::request_files;
  std::string key;

  [[nodiscard]] partition_id partition() const;  // of a key that `parse_key` accepted
  [[nodiscard]] std::string path() const;        // "rtp-request-files/01J….jpg"

  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.in, s.key);
  }
  auto operator<=>(const object_name&) const = default;
};

// Accepts exactly the two shapes above, with an extension of 1 to 5 of [a-z0-9]; so no key can leave its
// folder.
[[nodiscard]] result<object_name> parse_key(bucket in, std::string_view key);
[[nodiscard]] object_name make_upload_name(bucket in, ulid id, image_format format);
[[nodiscard]] object_name make_output_name(ulid attempt, std::string_view output, image_format format);

// What the log knows of an object. `sha256` is hex; of a preprocessed file it is empty and `xxh3` is set.
struct object_row {
  object_name name;
  std::uint64_t size = 0;
  std::string sha256;
  std::uint64_t xxh3 = 0;
  std::string content_type;
  image_header header;
  wall_time created_at{};
  wall_time expires_at{};
  std::string original_name;  // the uploader's file name; may be empty
  std::uint32_t pins = 0;     // live requests that need it: neither DELETE nor retention removes it meanwhile
  bool unlisted = false;      // a mail's preview: served by its URL, in no listing
  request_id made_by;         // the request whose output it is; zero for an upload
  std::string node;           // the node that holds a preprocessed file; empty for replicated objects

  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.name, s.size, s.sha256, s.xxh3, s.content_type, s.header, s.created_at, s.expires_at,
             s.original_name, s.pins, s.unlisted, s.made_by, s.node);
  }
  bool operator==(const object_row&) const = default;
};

}  // namespace dip
