#include "imaging/codec/moving.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

namespace dip::pixels {
namespace {

using namespace std::string_view_literals;

constexpr std::array blobs{VIPS_META_EXIF_NAME, VIPS_META_XMP_NAME, VIPS_META_IPTC_NAME, VIPS_META_ICC_NAME};
constexpr std::array copyright{"exif-ifd0-Copyright"sv, "exif-ifd0-Artist"sv};

bool is_copyright(std::string_view name) { return std::ranges::find(copyright, name) != copyright.end(); }

bool is_kept_field(std::string_view name, metadata_policy policy) {
  if (policy == metadata_policy::copyright) return is_copyright(name);
  // The first directory is the image's, the second its thumbnail's.
  return name.starts_with("exif-ifd"sv) && !name.starts_with("exif-ifd1"sv) &&
         name != "exif-ifd0-Orientation"sv;
}

bool is_kept(const metadata_item& item, metadata_policy policy) {
  return policy == metadata_policy::keep || (policy == metadata_policy::copyright && is_copyright(item.name));
}

metadata_item blob_of(const VImage& image, const char* name) {
  size_t size = 0;
  const void* bytes = image.get_blob(name, &size);
  return {name, false, std::string{static_cast<const char*>(bytes), size}};
}

bool is_there(const VImage& image, const char* name) { return image.get_typeof(name) != 0; }

bool is_metadata(std::string_view name) {
  return name.starts_with("exif-"sv) || name.starts_with("xmp-"sv) || name.starts_with("iptc-"sv) ||
         name.starts_with("icc-"sv) || name.starts_with("jpeg-thumbnail"sv) ||
         name.starts_with("photoshop-"sv) || name.starts_with("png-comment"sv) ||
         name.starts_with("gainmap"sv) || name == "orientation"sv || name == "image-description"sv;
}

}  // namespace

std::vector<std::string> field_names(const VImage& image) {
  const std::unique_ptr<gchar*, decltype(&g_strfreev)> names{vips_image_get_fields(image.get_image()),
                                                             &g_strfreev};
  std::vector<std::string> all;
  for (gchar** name = names.get(); name != nullptr && *name != nullptr; ++name) all.emplace_back(*name);
  return all;
}

VImage still(const VImage& image) {
  auto made = image.copy();
  for (const auto* name : {"page-height", "n-pages", "delay", "gif-delay", "loop", "gif-loop"})
    made.remove(name);
  return made;
}

std::vector<VImage> split(const VImage& tall, std::uint32_t frames) {
  if (frames <= 1) return {still(tall)};
  const int height = tall.height() / static_cast<int>(frames);
  std::vector<VImage> all;
  for (int i = 0; i < static_cast<int>(frames); ++i)
    all.push_back(still(tall.extract_area(0, i * height, tall.width(), height)));
  return all;
}

VImage joined(const std::vector<VImage>& frames) {
  if (frames.size() == 1) return frames.front();
  return VImage::arrayjoin(frames, VImage::option()->set("across", 1));
}

std::vector<metadata_item> metadata_of(const VImage& image, metadata_policy policy, bool with_profile) {
  std::vector<metadata_item> items;
  if (policy == metadata_policy::keep)
    for (const auto* name : blobs) {
      const bool wanted = name != std::string_view{VIPS_META_ICC_NAME} || with_profile;
      if (wanted && is_there(image, name)) items.push_back(blob_of(image, name));
    }
  if (policy == metadata_policy::strip) return items;
  for (const auto& name : field_names(image))
    if (is_kept_field(name, policy) && image.get_typeof(name.c_str()) == VIPS_TYPE_REF_STRING)
      items.push_back({name, true, image.get_string(name.c_str())});
  return items;
}

VImage with_metadata(const VImage& image, const std::vector<metadata_item>& items, metadata_policy policy) {
  auto made = image.copy();
  for (const auto& name : field_names(made))
    if (is_metadata(name)) made.remove(name.c_str());
  for (const auto& item : items) {
    if (!is_kept(item, policy)) continue;
    if (item.text)
      made.set(item.name.c_str(), item.value.c_str());
    else
      vips_image_set_blob_copy(made.get_image(), item.name.c_str(), item.value.data(), item.value.size());
  }
  // EXIF's bytes still say how it was to be turned; this is what the savers go by.
  if (policy != metadata_policy::strip) made.set(VIPS_META_ORIENTATION, 1);
  return made;
}

bool has_profile(const std::vector<metadata_item>& items) {
  return std::ranges::find(items, VIPS_META_ICC_NAME, &metadata_item::name) != items.end();
}

carried animation_of(const VImage& image, std::uint32_t frames) {
  carried beside;
  beside.frames = frames;
  if (is_there(image, "delay")) {
    const auto delays = image.get_array_int("delay");
    beside.delays.assign(delays.begin(), delays.end());
    beside.delays.resize(frames, 100);
  }
  if (is_there(image, "loop")) beside.loop = image.get_int("loop");
  return beside;
}

VImage as_animation(const std::vector<VImage>& frames, const carried& beside) {
  auto tall = joined(frames).copy();
  tall.set("page-height", frames.front().height());
  tall.set("n-pages", static_cast<int>(frames.size()));
  tall.set("loop", beside.loop);
  if (!beside.delays.empty()) tall.set("delay", std::vector<int>(beside.delays.begin(), beside.delays.end()));
  return tall;
}

}  // namespace dip::pixels
