// GMime's objects, owned. Only for the sources of this folder.
#pragma once

#include <memory>

#include <gmime/gmime.h>

namespace dip {

struct gobject_end {
  void operator()(void* object) const { g_object_unref(object); }
};
template <class T>
using mime_ptr = std::unique_ptr<T, gobject_end>;

struct glib_end {
  void operator()(void* memory) const { g_free(memory); }
};
using glib_text = std::unique_ptr<char, glib_end>;

// Before any call of GMime's; any thread, any number of times.
void init_gmime();

}  // namespace dip
