#include <algorithm>

#include "runtime/node_requests.hpp"

namespace dip {

result<object_name> parse_file_reference(std::string_view text, const std::vector<std::string>& origins) {
  if (text.find("://") != std::string_view::npos) {
    const auto ours = std::find_if(origins.begin(), origins.end(), [&](const std::string& o) {
      return text.starts_with(o) && text.substr(o.size()).starts_with('/');
    });
    if (ours == origins.end())
      return fail(errc::forbidden, "only files of this service can be processed", "/file");
    text.remove_prefix(ours->size());
  }
  if (text.starts_with('/')) text.remove_prefix(1);
  if (text.starts_with("files/")) text.remove_prefix(6);
  const auto folder = std::string{to_string(bucket::request_files)} + "/";
  if (text.starts_with(folder)) text.remove_prefix(folder.size());
  auto name = parse_key(bucket::request_files, text);
  if (!name) return fail(errc::not_found, "no such file", "/file");
  return name;
}

}  // namespace dip
