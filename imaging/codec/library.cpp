#include "imaging/codec/library.hpp"

#include <cstdlib>
#include <new>
#include <sstream>

#include <malloc.h>

namespace dip::pixels {
namespace {

// An image decides what is logged, and how much: none of it.
void drop_log(const gchar* /*domain*/, GLogLevelFlags /*level*/, const gchar* /*text*/, gpointer /*data*/) {}
GLogWriterOutput drop_structured(GLogLevelFlags /*level*/, const GLogField* /*fields*/, gsize /*count*/,
                                 gpointer /*data*/) {
  return G_LOG_WRITER_HANDLED;
}

bool says(std::string_view text, std::string_view piece) { return text.find(piece) != text.npos; }

// libvips has only words for what went wrong; the system's own are in them when it was the system.
errc code_of(std::string_view text, errc otherwise) {
  if (says(text, "No space left on device") || says(text, "Disk quota exceeded")) return errc::disk_full;
  if (says(text, "out of memory")) return errc::too_many_pixels;
  if (says(text, "File too large") || says(text, "Input/output error")) return errc::io;
  return otherwise;
}

// The first line, and no byte that could end a log line or a terminal's.
std::string bounded(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, text.find('\n'))) {
    if (out.size() == protocol::detail_limit) break;
    out.push_back(c >= ' ' && c < '\x7f' ? c : '?');
  }
  return out;
}

protocol::reply refused(errc code, std::string_view detail) {
  protocol::reply answer;
  answer.code = code;
  answer.detail = bounded(detail);
  return answer;
}

// The next image needs what this one gave back: getting it from the kernel again, page by page, costs a small
// image a tenth. What a huge one needed is given back still. A sanitizer's allocator does not listen.
void keep_memory() {
  constexpr int most_kept = 64 * 1024 * 1024;
  constexpr int most_of_one = 32 * 1024 * 1024;  // the allocator's own limit
  ::mallopt(M_TRIM_THRESHOLD, most_kept);
  ::mallopt(M_MMAP_THRESHOLD, most_of_one);
  // A heap for each of libvips' threads, of which one works at a time, would only hold memory.
  ::mallopt(M_ARENA_MAX, 1);
}

// Debian 13's libheif opens its codecs, which are files, when it is first used: that is now, as later there
// are no files. It reads as far as the first header, which is none.
void open_heif_plugins() {
  if (vips_type_find("VipsOperation", "heifload_buffer") == 0) return;
  constexpr std::string_view nothing{
      "\0\0\0\x18"
      "ftypheic\0\0\0\0heicmif1",
      24};
  auto* bytes = vips_blob_new(nullptr, nothing.data(), nothing.size());
  try {
    (void)VImage::heifload_buffer(bytes);
  } catch (const vips::VError&) {
    vips_error_clear();
  }
  vips_area_unref(VIPS_AREA(bytes));
}

}  // namespace

bool start_library(const char* program) {
  // Above this libvips decodes to a file in /tmp; the child has none, and memory is limited already.
  ::setenv("VIPS_DISC_THRESHOLD", "1000g", 1);
  g_log_set_default_handler(drop_log, nullptr);
  g_log_set_writer_func(drop_structured, nullptr, nullptr);
  keep_memory();
  if (vips_init(program) != 0) return false;
  vips_concurrency_set(1);
  vips_cache_set_max(0);
  vips_block_untrusted_set(TRUE);
  // Untrusted is what libvips' authors call them; here they run behind walls, and only when we ask for them.
  for (const auto* one :
       {"VipsForeignLoadSvg", "VipsForeignLoadJxl", "VipsForeignSaveJxl", "VipsForeignLoadPdf"})
    vips_operation_block_set(one, FALSE);
  open_heif_plugins();
  return true;
}

std::string library_version() {
  return std::to_string(vips_version(0)) + '.' + std::to_string(vips_version(1)) + '.' +
         std::to_string(vips_version(2));
}

// As the build found them: libvips does not tell what it stands on.
std::vector<codec_library> codec_libraries() {
  std::vector<codec_library> out;
  std::istringstream all{DIP_CODEC_LIBRARIES};
  for (std::string one; std::getline(all, one, ',');)
    if (const auto equals = one.find('='); equals != std::string::npos)
      out.push_back({one.substr(0, equals), one.substr(equals + 1)});
  return out;
}

refusal blame(const vips::VError& thrown, errc otherwise) {
  const std::string text = thrown.what();
  vips_error_clear();
  return refusal{code_of(text, otherwise), text};
}

protocol::reply reply_of_exception() {
  try {
    throw;
  } catch (const refusal& e) {
    return refused(e.code, e.what());
  } catch (const vips::VError& e) {
    const auto why = blame(e, errc::internal);
    return refused(why.code, why.what());
  } catch (const std::bad_alloc&) {
    return refused(errc::too_many_pixels, "the image needs more memory than a child may use");
  } catch (const std::exception& e) {
    return refused(errc::internal, e.what());
  }
}

}  // namespace dip::pixels
