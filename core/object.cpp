#include "core/object.hpp"

#include <algorithm>
#include <array>

namespace dip {
namespace {

constexpr std::array<std::string_view, 3> bucket_names{"rtp-request-files", "rtp-preprocessed-files",
                                                       "rtp-processed-files"};

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_extension(std::string_view text) {
  return !text.empty() && text.size() <= 5 && std::ranges::all_of(text, is_lower_or_digit);
}

}  // namespace

bool is_output_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         std::ranges::all_of(text, [](char c) { return is_lower_or_digit(c) || c == '_' || c == '-'; });
}

std::string_view to_string(bucket b) { return bucket_names.at(static_cast<size_t>(b)); }

result<bucket> parse_bucket(std::string_view name) {
  const auto it = std::ranges::find(bucket_names, name);
  if (it == bucket_names.end()) return fail(errc::not_found, "no such bucket");
  return static_cast<bucket>(it - bucket_names.begin());
}

partition_id object_name::partition() const {
  const auto id = ulid::parse(std::string_view{key}.substr(0, ulid::text_size));
  return id ? id->partition() : partition_id{};
}

std::string object_name::path() const { return std::string{to_string(in)} + '/' + key; }

result<object_name> parse_key(bucket in, std::string_view key) {
  const auto wrong = [] { return fail(errc::not_found, "no key has this form"); };
  if (!ulid::parse(key.substr(0, ulid::text_size))) return wrong();
  auto rest = key.substr(ulid::text_size);
  if (rest.starts_with('/')) {
    const auto dot = rest.find('.');
    if (in != bucket::processed_files || dot == std::string_view::npos ||
        !is_output_name(rest.substr(1, dot - 1)))
      return wrong();
    rest.remove_prefix(dot);
  }
  if (!rest.starts_with('.') || !is_extension(rest.substr(1))) return wrong();
  return object_name{in, std::string{key}};
}

object_name make_upload_name(bucket in, ulid id, image_format format) {
  return {in, id.text() + '.' + std::string{spec_of(format).extension}};
}

object_name make_output_name(ulid attempt, std::string_view output, image_format format) {
  return {bucket::processed_files,
          attempt.text() + '/' + std::string{output} + '.' + std::string{spec_of(format).extension}};
}

}  // namespace dip
