#include "core/object.hpp"

#include <algorithm>
#include <array>

namespace dip {
namespace {

constexpr std::array<std::string_view, 3> bucket_names{"rtp-request-files", "rtp-preprocessed-files",
                                                       "rtp-processed-files"};
constexpr size_t max_output_name = 64;
constexpr size_t max_extension = 5;

constexpr bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
constexpr bool is_name_char(char c) { return is_lower_or_digit(c) || c == '_' || c == '-'; }

bool is_extension(std::string_view text) {
  return !text.empty() && text.size() <= max_extension && std::ranges::all_of(text, is_lower_or_digit);
}

bool is_output_name(std::string_view text) {
  return !text.empty() && text.size() <= max_output_name && std::ranges::all_of(text, is_name_char);
}

// What follows the ULID: ".ext" or "/name.ext". No character of a name or an extension is a dot or a slash.
bool is_tail(std::string_view tail) {
  const auto dot = tail.find('.');
  if (dot == std::string_view::npos || !is_extension(tail.substr(dot + 1))) return false;
  return dot == 0 || (tail.front() == '/' && is_output_name(tail.substr(1, dot - 1)));
}

std::string with_extension(std::string stem, image_format format) {
  return std::move(stem.append(".").append(spec_of(format).extension));
}

}  // namespace

std::string_view to_string(bucket b) { return bucket_names.at(static_cast<size_t>(b)); }

result<bucket> parse_bucket(std::string_view name) {
  const auto found = std::ranges::find(bucket_names, name);
  if (found == bucket_names.end()) return fail(errc::not_found, "no such bucket");
  return static_cast<bucket>(found - bucket_names.begin());
}

partition_id object_name::partition() const {
  const auto id = ulid::parse(std::string_view{key}.substr(0, ulid::text_size));
  return id ? id->partition() : partition_id{};
}

std::string object_name::path() const { return std::string{to_string(in)}.append("/").append(key); }

result<object_name> parse_key(bucket in, std::string_view key) {
  if (!ulid::parse(key.substr(0, ulid::text_size)) || !is_tail(key.substr(ulid::text_size)))
    return fail(errc::not_found, "not the key of a file");
  return object_name{in, std::string{key}};
}

object_name make_upload_name(bucket in, ulid id, image_format format) {
  return {in, with_extension(id.text(), format)};
}

object_name make_output_name(ulid attempt, std::string_view output, image_format format) {
  return {bucket::processed_files, with_extension(attempt.text().append("/").append(output), format)};
}

}  // namespace dip
