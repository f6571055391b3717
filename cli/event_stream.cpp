#include "cli/event_stream.hpp"

#include <utility>

namespace dip::cli {
namespace {

constexpr size_t longest_line = size_t{64} * 1024;

}  // namespace

bool event_reader::feed(std::string_view bytes) {
  for (const char c : bytes) {
    const bool second_half = c == '\n' && after_return_;
    after_return_ = c == '\r';
    if (second_half) continue;
    if (c == '\r' || c == '\n') {
      if (!end_line()) return false;
    } else {
      if (line_.size() == longest_line) return false;
      line_ += c;
    }
  }
  return true;
}

bool event_reader::end_line() {
  const std::string line = std::exchange(line_, {});
  if (line.empty()) return dispatch();
  const auto colon = line.find(':');
  const std::string field = line.substr(0, colon);
  std::string value = colon == std::string::npos ? "" : line.substr(colon + 1);
  if (!value.empty() && value.front() == ' ') value.erase(0, 1);
  if (field == "event") name_ = value;
  if (field == "id" && value.find('\0') == std::string::npos) id_ = value;
  if (field == "data") {
    if (has_data_) data_ += '\n';
    data_ += value;
    has_data_ = true;
  }
  return data_.size() <= longest_line;
}

bool event_reader::dispatch() {
  stream_event event{id_, name_.empty() ? "message" : name_, data_};
  name_.clear();
  data_.clear();
  return !std::exchange(has_data_, false) || take_(event);
}

}  // namespace dip::cli
