#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "cli/op_option.hpp"
#include "cli/progress.hpp"
#include "cli/result_file.hpp"
#include "cli/table.hpp"
#include "core/text.hpp"
#include "tests/support/scratch_dir.hpp"

using namespace dip;
using namespace dip::cli;
using nlohmann::json;

namespace {

json op(std::string_view text) {
  const auto parsed = parse_op(text, operation_table());
  CAPTURE(text);
  REQUIRE(parsed);
  return *parsed;
}

std::string problem(std::string_view text) {
  const auto parsed = parse_op(text, operation_table());
  return parsed ? "" : parsed.error().detail;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

struct hand_clock final : clock {
  steady_time now{};
  [[nodiscard]] wall_time wall() const override { return {}; }
  [[nodiscard]] steady_time steady() const override { return now; }
  void pass(std::chrono::milliseconds t) { now += t; }
};

}  // namespace

TEST_CASE("--op becomes an operation with the table's types") {
  CHECK(op("flip") == json{{"op", "flip"}});
  CHECK(op("resize:width=800,fit=cover") == json{{"op", "resize"}, {"width", 800}, {"fit", "cover"}});
  CHECK(op("resize:width=800,enlarge") == json{{"op", "resize"}, {"width", 800}, {"enlarge", true}});
  CHECK(op("resize:width=800,enlarge=false")["enlarge"] == false);
  CHECK(op("blur:sigma=1.5")["sigma"] == 1.5);
  CHECK(op("rotate:angle=-90,background=#ff8800")["background"] == "#ff8800");
  CHECK(op("text:text=Hello you")["text"] == "Hello you");
  CHECK(op(R"(text:text="a, b=c: \"d\" \\",size=40)") ==
        json{{"op", "text"}, {"text", R"(a, b=c: "d" \)"}, {"size", 40}});
  CHECK(op("flip:") == json{{"op", "flip"}});
}

TEST_CASE("--op knows every operation and parameter of the table") {
  for (const auto& spec : operation_table()) {
    std::string text(spec.name);
    json expected{{"op", spec.name}};
    for (const auto& p : spec.params) {
      text += (text.size() == spec.name.size() ? ":" : ",") + std::string(p.name) + "=";
      switch (p.kind) {
        case param_kind::integer:
          text += std::to_string(static_cast<std::int64_t>(p.max));
          expected[std::string(p.name)] = static_cast<std::int64_t>(p.max);
          break;
        case param_kind::number:
          text += json(p.min).dump();
          expected[std::string(p.name)] = p.min;
          break;
        case param_kind::boolean:
          text += "yes";
          expected[std::string(p.name)] = true;
          break;
        case param_kind::choice:
          text += p.choices.back();
          expected[std::string(p.name)] = p.choices.back();
          break;
        default: text += "#abc"; expected[std::string(p.name)] = "#abc";
      }
    }
    CHECK(op(text) == expected);
  }
}

TEST_CASE("what is wrong in --op names the operation and the parameter") {
  CHECK(has(problem("resise"), "--op resise: no such operation; there are resize, crop"));
  CHECK(has(problem("resize:widht=8"),
            "--op resize: \"widht\" is not a parameter; there are width, height, fit"));
  CHECK(problem("flip:x=1") == "--op flip: \"x\" is not a parameter; it has no parameters");
  CHECK(problem("resize:width=wide") ==
        "--op resize: width must be a whole number from 1 to 65535, not \"wide\"");
  CHECK(has(problem("resize:width=1.5"), "width must be a whole number"));
  CHECK(has(problem("resize:width=0"), "width must be a whole number from 1"));
  CHECK(has(problem("resize:width=99999999999999999999"), "width must be a whole number"));
  CHECK(has(problem("resize:width"), "width needs a value"));
  CHECK(has(problem("resize:width=1,width=2"), "width is given twice"));
  CHECK(has(problem("resize:fit=round"), "fit must be one of cover, contain"));
  CHECK(has(problem("resize:enlarge=maybe"), "enlarge must be true or false"));
  CHECK(has(problem("crop:x=1"), "is needed"));
  CHECK(has(problem("text:text=\"a"), "a quote is not closed"));
  CHECK(has(problem("text:text=\"a\"b"), "a comma is missing"));
  CHECK(has(problem(""), "no such operation"));
  CHECK_FALSE(has(problem("\x1b[31m"), "\x1b"));
}

TEST_CASE("a result is whole or not there, and takes no other file's place") {
  const test::scratch_dir dir;
  {
    auto dropped = result_file::create(dir / "a", false);
    REQUIRE(dropped);
    CHECK(dropped->write("half"));
  }
  CHECK(dir.names().empty());
  {
    auto file = result_file::create(dir / "a", false);
    CHECK(file->write("whole"));
    CHECK(file->finish());
  }
  CHECK(dir.names() == std::vector<std::string>{"a"});
  CHECK(result_file::create(dir / "a", false).error().code == errc::conflict);
  {
    auto late = result_file::create(dir / "b", false);
    dir.write("b", "mine");
    CHECK(late->finish().error().code == errc::conflict);
  }
  CHECK(test::read_file(dir / "b") == "mine");
  {
    auto forced = result_file::create(dir / "b", true);
    CHECK(forced->write("new"));
    CHECK(forced->finish());
  }
  CHECK(test::read_file(dir / "b") == "new");
  CHECK(dir.names().size() == 2);
  {
    auto again = result_file::create(dir / "b", true);
    CHECK(again->write("never mind"));
    CHECK(again->restart());
    CHECK(again->write("ne"));
    CHECK_FALSE(again->is_there_already());
    CHECK(again->write("w"));
    CHECK(again->is_there_already());
    CHECK(again->write("er"));
    CHECK_FALSE(again->is_there_already());
  }
  CHECK(result_file::create(dir / "no/such", false).error().code == errc::io);
}

TEST_CASE("tables align, and give up the middle of long cells") {
  const std::vector<column> columns{{"FILE", false, true}, {"SIZE", true}};
  const std::vector<std::vector<std::string>> rows{
      {"世界.jpg", "12 kB"}, {"a-very-long-name.jpeg", "1 B"}, {"\x1b[2J", ""}};
  CHECK(render_table(columns, rows, 0, {}) ==
        "FILE                    SIZE\n"
        "世界.jpg               12 kB\n"
        "a-very-long-name.jpeg    1 B\n"
        "\xef\xbf\xbd[2J\n");
  CHECK(render_table(columns, rows, 20, {}) ==
        "FILE            SIZE\n"
        "世界.jpg       12 kB\n"
        "a-very…e.jpeg    1 B\n"
        "\xef\xbf\xbd[2J\n");
}

TEST_CASE("a table leaves out what is optional when it would not fit otherwise") {
  const std::vector<column> columns{
      {"ID"}, {"AT", false, false, true}, {"FILE", false, true}, {"N", true, false, true}};
  const std::vector<std::vector<std::string>> rows{{"01ABC", "12:00", "a-very-long-name.jpeg", "7"}};
  CHECK(render_table(columns, rows, 25, {}) ==
        "ID     AT     FILE      N\n"
        "01ABC  12:00  a-ve…peg  7\n");
  CHECK(render_table(columns, rows, 24, {}) ==
        "ID     AT     FILE\n"
        "01ABC  12:00  a-ver…jpeg\n");
  CHECK(render_table(columns, rows, 21, {}) ==
        "ID     FILE\n"
        "01ABC  a-very-…e.jpeg\n");
}

TEST_CASE("progress says how far, how fast and how long") {
  hand_clock time;
  progress_board board(time, 4, 4'000'000, false);
  const auto first = board.begin("a.jpg", 1'000'000);
  CHECK(board.lines(79, 6, {})[0] ==
        "0/4  " + std::string("────────────────────────────────────────") + "    0 %");
  time.pass(std::chrono::seconds(2));
  board.uploaded(first, 500'000);
  const auto lines = board.lines(79, 6, {});
  REQUIRE(lines.size() == 2);
  CHECK(has(lines[0], "0/4  ━━━━━─"));
  CHECK(has(lines[0], " 12 %  250 kB/s  0:14 left"));
  CHECK(has(lines[1], "a.jpg"));
  CHECK(has(lines[1], " 50 % of 1.0 MB"));
  board.uploaded(first, 400'000);
  CHECK(board.lines(79, 6, {}) == lines);
  board.uploaded(first, 1'000'000);
  board.end(first, true);
  const auto second = board.begin("b.jpg", 3'000'000);
  board.end(second, false);
  CHECK(has(board.lines(79, 6, {})[0], "2/4  1 failed"));
  CHECK(board.summary() == "1 file in 0:02, 1 failed");
}

TEST_CASE("with work to follow, the upload is half the way") {
  hand_clock time;
  progress_board board(time, 1, 100, true);
  const auto row = board.begin("a.jpg", 100);
  board.uploaded(row, 100);
  CHECK(has(board.lines(79, 6, {})[0], " 50 %"));
  CHECK(board.lines(79, 6, {}).size() == 1);
  board.phase(row, "waiting for the result");
  CHECK(has(board.lines(79, 6, {})[1], "waiting for the result"));
  board.end(row, true);
  CHECK(has(board.lines(79, 6, {})[0], "100 %"));
}

TEST_CASE("no line of progress is wider than the terminal") {
  hand_clock time;
  progress_board board(time, 100, 1'000'000'000, true);
  for (int i = 0; i < 8; ++i)
    board.uploaded(board.begin("世界-a-rather-long-name-of-a-file.jpeg", 10'000'000), 3'000'000);
  board.phase(0, "waiting for the result");
  time.pass(std::chrono::seconds(1));
  for (size_t columns = 1; columns < 150; ++columns) {
    const auto lines = board.lines(columns, 6, {});
    CHECK(lines.size() == 7);
    for (const auto& line : lines) CHECK(display_width(line) <= columns);
  }
}

TEST_CASE("times are told as clocks do") {
  CHECK(clock_text(7) == "0:07");
  CHECK(clock_text(750) == "12:30");
  CHECK(clock_text(3723) == "1:02:03");
}
