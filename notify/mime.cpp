#include "notify/mime.hpp"

namespace dip {

void init_gmime() {
  static const bool once = (g_mime_init(), true);
  (void)once;
}

}  // namespace dip
