// Any bytes as a form: read at once or byte by byte it is the same, and names that are stored are safe.
#include <cstdint>
#include <cstdlib>

#include "http/file_name.hpp"
#include "http/multipart.hpp"

namespace {

using namespace dip::http;

struct reading {
  std::string parts;
  std::string content;
  bool good = false, complete = false;
};

reading read(std::string_view bytes, size_t step) {
  reading out;
  auto reader = multipart_reader::make(
      "multipart/form-data; boundary=B",
      [&](const form_part& part) -> dip::result<void> {
        const auto safe = sanitised_file_name(part.file_name);
        if (safe.size() > max_file_name || safe.find_first_of("/\\\r\n") != std::string::npos) std::abort();
        (void)content_disposition("inline", safe);
        out.parts += part.name + '|' + part.file_name + '\n';
        out.content += '\n';
        return {};
      },
      [&](std::string_view piece) -> dip::result<void> {
        out.content += piece;
        return {};
      });
  if (!reader) std::abort();
  out.good = true;
  while (!bytes.empty() && out.good) {
    const auto piece = bytes.substr(0, step);
    bytes.remove_prefix(piece.size());
    out.good = reader->feed(piece).has_value();
  }
  out.complete = reader->complete();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  const auto whole = read(bytes, size + 1), single = read(bytes, 1);
  // Where it is refused, how much was given out before depends on the pieces.
  if (whole.good != single.good) std::abort();
  if (whole.good &&
      (whole.parts != single.parts || whole.content != single.content || whole.complete != single.complete))
    std::abort();
  return 0;
}
