#include "imaging/codec/trailer.hpp"

#include <utility>

#include "core/codec.hpp"

namespace dip::pixels {
namespace {

// The mark and the length of what stands behind the TIFF.
constexpr std::string_view trailer_mark = "DIPbesid";
constexpr size_t length_bytes = 8;

}  // namespace

std::string trailer(const carried& beside) {
  auto bytes = encode(beside);
  auto length = std::uint64_t{bytes.size()};
  for (size_t i = 0; i < length_bytes; ++i, length >>= 8) bytes.push_back(static_cast<char>(length & 0xff));
  return bytes.append(trailer_mark);
}

carried read_trailer(std::string_view file) {
  const auto lost = [] { return refusal{errc::stage_lost, "the preprocessed file is not whole"}; };
  if (!file.ends_with(trailer_mark)) throw lost();
  file.remove_suffix(trailer_mark.size());
  if (file.size() < length_bytes) throw lost();
  std::uint64_t length = 0;
  for (size_t i = 0; i < length_bytes; ++i)
    length |= std::uint64_t{static_cast<unsigned char>(file[file.size() - length_bytes + i])} << (8 * i);
  file.remove_suffix(length_bytes);
  if (length > file.size()) throw lost();
  auto beside = decode<carried>(file.substr(file.size() - length));
  if (!beside || beside->frames == 0) throw lost();
  return std::move(*beside);
}

}  // namespace dip::pixels
