#include "core/text.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace dip;

TEST_CASE("printable text is one line of valid UTF-8 without control characters") {
  CHECK(printable("holiday.jpg") == "holiday.jpg");
  CHECK(printable("Grüße 世界 🌍") == "Grüße 世界 🌍");
  CHECK(printable("a\r\nb\tc") == "a  b c");
  CHECK(printable("\x1b[31mred") == "\xef\xbf\xbd[31mred");
  CHECK(printable("\xc2\x9b") == "\xef\xbf\xbd");                      // C1: CSI in one character
  CHECK(printable("a\xe2\x80\xaegpj.exe") == "a\xef\xbf\xbdgpj.exe");  // right-to-left override
  CHECK(printable("\xff") == "\xef\xbf\xbd");
  CHECK(printable("\xc0\xaf") == "\xef\xbf\xbd\xef\xbf\xbd");                  // an overlong slash
  CHECK(printable("\xed\xa0\x80") == "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");  // a surrogate
  CHECK(printable("\xe4\xb8") == "\xef\xbf\xbd\xef\xbf\xbd");                  // cut off
  CHECK(printable(std::string_view("a\0b", 3)) ==
        "a\xef\xbf\xbd"
        "b");
}

TEST_CASE("widths count columns, not bytes") {
  CHECK(display_width("abc") == 3);
  CHECK(display_width("Grüße") == 5);
  CHECK(display_width("世界") == 4);
  CHECK(display_width("e\xcc\x81") == 1);
}

TEST_CASE("long text gives up its middle") {
  CHECK(shorten("holiday.jpg", 11) == "holiday.jpg");
  CHECK(shorten("holiday.jpg", 9) == "holi….jpg");
  CHECK(shorten("世界世界世界", 7) == "世界…界");
  CHECK(shorten("abc", 1) == "…");
  CHECK(shorten("abc", 0).empty());
  for (size_t columns = 0; columns < 20; ++columns)
    CHECK(display_width(shorten("a世b界c世d界e.jpeg", columns)) <= columns);
}

TEST_CASE("sizes read as file managers show them") {
  CHECK(human_size(0) == "0 B");
  CHECK(human_size(999) == "999 B");
  CHECK(human_size(1000) == "1.0 kB");
  CHECK(human_size(182'400) == "182 kB");
  CHECK(human_size(999'600) == "1.0 MB");
  CHECK(human_size(4'210'000) == "4.2 MB");
  CHECK(human_size(9'960'000) == "10 MB");
  CHECK(human_size(~0ULL) == "18 EB");
}
