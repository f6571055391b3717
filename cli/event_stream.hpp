// Server-Sent Events, read as they arrive (WHATWG HTML, section 9.2).
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace dip::cli {

struct stream_event {
  std::string id;    // the last one that the stream gave; empty when it gave none
  std::string name;  // "message" where the stream names none
  std::string data;
};

// One connection's bytes. One thread at a time.
class event_reader {
public:
  // `take` answers false to read no more.
  explicit event_reader(std::function<bool(const stream_event&)> take) : take_(std::move(take)) {}

  // False when `take` said so, or a line is longer than 64 KiB.
  [[nodiscard]] bool feed(std::string_view bytes);

private:
  bool end_line();
  bool dispatch();

  std::function<bool(const stream_event&)> take_;
  std::string line_, id_, name_, data_;
  bool after_return_ = false;  // CR was seen: an LF that follows belongs to it
  bool has_data_ = false;
};

}  // namespace dip::cli
