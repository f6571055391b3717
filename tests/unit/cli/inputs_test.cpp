#include <catch2/catch_test_macros.hpp>
#include <unistd.h>

#include "cli/event_stream.hpp"
#include "cli/input_files.hpp"
#include "cli/out_template.hpp"
#include "cli/resume_file.hpp"
#include "tests/support/scratch_dir.hpp"

using namespace dip;
using namespace dip::cli;

namespace {

namespace fs = std::filesystem;

// A tree of files with an image's name or not.
struct tree {
  test::scratch_dir dir;
  explicit tree(const std::vector<std::string>& names) {
    for (const auto& name : names) {
      fs::create_directories(fs::path(dir / name).parent_path());
      dir.write(name, "x");
    }
  }

  // Paths without the tree's own, and after a colon where each was found.
  [[nodiscard]] std::vector<std::string> find(const std::vector<std::string>& arguments,
                                              const std::string& not_below = {}) const {
    std::vector<std::string> whole;
    for (const auto& a : arguments) whole.push_back(dir / a);
    std::vector<std::string> out;
    for (const auto& f : find_inputs(whole, not_below.empty() ? "" : dir / not_below).files)
      out.push_back(short_name(f.path) + ":" + f.dir);
    return out;
  }
  [[nodiscard]] std::string short_name(const std::string& path) const {
    return path.substr(dir.text().size() + 1);
  }
};

using names = std::vector<std::string>;

std::string made(const std::string& out, const input_file& input, const result_facts& facts) {
  const auto parsed = out_template::parse(out);
  REQUIRE(parsed);
  return parsed->path_of(input, facts);
}

}  // namespace

TEST_CASE("a directory is walked in order, without what is hidden and what is no image") {
  const tree t(
      {"d/b.jpg", "d/a/2.PNG", "d/a/1.webp", "d/.hidden.jpg", "d/.git/x.jpg", "d/notes.txt", "d/doc.pdf"});
  CHECK(t.find({"d"}) == names{"d/a/1.webp:a", "d/a/2.PNG:a", "d/b.jpg:"});
  const auto all = find_inputs({t.dir / "d"});
  CHECK(all.left_out == names{t.dir / "d/doc.pdf", t.dir / "d/notes.txt"});
  CHECK(t.find({"d/"}).size() == 3);
}

TEST_CASE("content says what the name does not") {
  const tree t({"d/plain"});
  CHECK(t.find({"d"}).empty());
  t.dir.write("d/plain", "\xff\xd8\xff\xe0 and so on");
  CHECK(t.find({"d"}) == names{"d/plain:"});
}

TEST_CASE("a file that is named is taken as it is, once") {
  const tree t({"d/notes.txt", "d/.hidden.jpg", "d/a.jpg"});
  CHECK(t.find({"d/notes.txt", "d/.hidden.jpg", "d/none.jpg"}) ==
        names{"d/notes.txt:", "d/.hidden.jpg:", "d/none.jpg:"});
  CHECK(t.find({"d/a.jpg", "d", "d/../d/a.jpg"}) == names{"d/a.jpg:"});
  CHECK(find_inputs({"-", "-"}).files.size() == 1);
}

TEST_CASE("globs are the shell's, and ** is any depth") {
  const tree t({"p/1.jpg", "p/2.jpg", "p/x.txt", "p/q/3.jpg", "p/q/r/4.jpg", "p/.h/5.jpg", "p/[a].jpg"});
  CHECK(t.find({"p/?.jpg"}) == names{"p/1.jpg:", "p/2.jpg:"});
  CHECK(t.find({"p/[2-9].jpg"}) == names{"p/2.jpg:"});
  CHECK(t.find({"p/**/*.jpg"}) ==
        names{"p/1.jpg:", "p/2.jpg:", "p/[a].jpg:", "p/q/3.jpg:q", "p/q/r/4.jpg:q/r"});
  CHECK(t.find({"p/*/*.jpg"}) == names{"p/q/3.jpg:q"});
  CHECK(t.find({"p/**"}).size() == 5);
  CHECK(t.find({"p/q*"}) == names{"p/q/3.jpg:q", "p/q/r/4.jpg:q/r"});
  // A name that looks like a glob, and a glob that finds nothing.
  CHECK(t.find({"p/[a].jpg"}) == names{"p/[a].jpg:"});
  CHECK(t.find({"p/*.gif"}) == names{"p/*.gif:"});
}

TEST_CASE("links that lead in circles end") {
  const tree t({"d/a.jpg", "d/e/b.jpg"});
  fs::create_directory_symlink(t.dir / "d", t.dir / "d/e/up");
  fs::create_directory_symlink(".", t.dir / "d/self");
  fs::create_symlink("nowhere.jpg", t.dir / "d/dangling.jpg");
  CHECK(t.find({"d"}) == names{"d/a.jpg:", "d/e/b.jpg:e"});
  CHECK(t.find({"d/**/*.jpg"}) == names{"d/a.jpg:", "d/e/b.jpg:e"});
  CHECK(find_inputs({t.dir / "d"}).left_out == names{t.dir / "d/dangling.jpg"});
}

TEST_CASE("results are not found as inputs") {
  const tree t({"d/a.jpg", "d/out/a.jpg", "d/out/deep/b.jpg"});
  CHECK(t.find({"d"}, "d/out") == names{"d/a.jpg:"});
  CHECK(t.find({"d/**/*.jpg"}, "d/out") == names{"d/a.jpg:"});
  CHECK(t.find({"d/out"}, "d/out").size() == 2);
}

TEST_CASE("--out: a directory keeps the names, and the directories that files were found in") {
  const input_file plain{"a/b/holiday.jpg", ""}, found{"p/q/x.jpg", "q"};
  CHECK(made("web", plain, {.name = "output", .key = "http://x/files/b/K/o.webp"}) == "web/holiday.webp");
  CHECK(made("web/", found, {.name = "output", .key = "K/o.webp"}) == "web/q/x.webp");
  CHECK(made("web", plain, {.name = "thumb", .key = "K/t.avif", .single = false}) ==
        "web/holiday-thumb.avif");
  CHECK(made("/abs", {"archive.tar.png", ""}, {.key = "K/o.png"}) == "/abs/archive.tar.png");
  CHECK(made("o", {"x.jpg", ""}, {.key = "K.d/none"}) == "o/x");
  CHECK(made("o", {"-", ""}, {.key = "K/o.png"}) == "o/stdin.png");
}

TEST_CASE("--out: templates") {
  const input_file found{"p/q/x.jpg", "q"}, plain{"x.jpg", ""};
  const result_facts facts{.name = "thumb", .key = "K/t.avif", .id = "01ABC", .width = 160, .height = 90};
  CHECK(made("t/{dir}/{stem}-{name}.{ext}", found, facts) == "t/q/x-thumb.avif");
  CHECK(made("{dir}/{file}.{ext}", plain, facts) == "x.jpg.avif");
  CHECK(made("{width}x{height}/{id}.{ext}", plain, facts) == "160x90/01ABC.avif");
  CHECK(made("{{{stem}}}.{ext}", plain, facts) == "{x}.avif");
  for (const char* wrong : {"", "{", "{stem", "{}", "{Stem}", "t/{stem}/"})
    CHECK_FALSE(out_template::parse(wrong));
  CHECK(out_template::parse("a/b/{dir}/{stem}")->base_dir() == "a/b");
  CHECK(out_template::parse("{stem}")->base_dir().empty());
  CHECK(out_template::parse("/{stem}")->base_dir() == "/");
  CHECK(out_template::parse("web")->base_dir() == "web");
  CHECK(out_template::parse("{stem}")->takes_many());
  CHECK_FALSE(out_template::parse("x-{name}.{ext}")->takes_many());
}

TEST_CASE("--out: a node's words stay one piece of a name") {
  const input_file x{"x.jpg", ""};
  CHECK(made("o/{name}.{ext}", x, {.name = "../../etc/passwd", .key = "o.png"}) == "o/.._.._etc_passwd.png");
  CHECK(made("o/{name}/{stem}", x, {.name = ".."}) == "o/__/x");
  CHECK(made("o/{name}{id}/{stem}", x, {.name = ".", .id = "."}) == "o/__/x");
  CHECK(made("o/{name}/{stem}", x, {.name = "."}) == "o/_/x");
  CHECK(made("{name}/{stem}", x, {.name = ""}) == "x");
  CHECK(made("{name}/{stem}", x, {.name = "/etc"}) == "_etc/x");
  CHECK(made("o/{stem}.{ext}", x, {.key = std::string("K/o.p\n\0g", 8)}) == "o/x.p__g");
  CHECK(made("../{stem}", x, {}) == "../x");
}

TEST_CASE("--out: one file's name asks for its format, where it is no directory") {
  const test::scratch_dir dir;
  CHECK(out_template::parse("small.webp")->format() == "webp");
  CHECK(out_template::parse("small.JPG")->format() == "jpeg");
  CHECK(out_template::parse("small.jpeg")->format() == "jpeg");
  CHECK_FALSE(out_template::parse("small.webp")->takes_many());
  CHECK(out_template::parse("2026.photos")->format().empty());
  CHECK(out_template::parse("small.webp/")->takes_many());
  fs::create_directory(dir / "d.webp");
  CHECK(out_template::parse(dir / "d.webp")->takes_many());
}

TEST_CASE("what was done is read back, also after a kill in the middle of a line") {
  const test::scratch_dir dir;
  const auto path = dir / "state";
  std::string key_of_a;
  {
    auto state = *resume_file::open(path);
    CHECK_FALSE(state->find("a"));
    key_of_a = state->begin("a", "a.jpg").idempotency_key;
    CHECK(state->begin("a", "a.jpg").idempotency_key == key_of_a);
    (void)state->begin("b", "b.jpg");
    state->accepted("b", "R1");
    state->done("c", {{"id", "R2"}});
    (void)state->begin("d", "d.jpg");
    state->failed("d");
  }
  const auto whole = test::read_file(path);
  dir.write("state", whole + R"({"key":"b","state":"do)");
  auto state = *resume_file::open(path);
  CHECK(state->begin("a", "a.jpg").idempotency_key == key_of_a);
  CHECK(state->find("b")->at == resume_file::entry::stage::accepted);
  CHECK(state->find("b")->id == "R1");
  CHECK(state->find("c")->record["id"] == "R2");
  CHECK_FALSE(state->find("d"));
  state->done("b", {{"id", "R1"}});
  state.reset();
  CHECK((*resume_file::open(path))->find("b")->at == resume_file::entry::stage::done);
}

TEST_CASE("a run forgets what is its own, and the last one takes the file away") {
  const test::scratch_dir dir;
  auto one = *resume_file::open(dir / "state"), two = *resume_file::open(dir / "state");
  one->done("a", {});
  (void)one->find("a");
  two->done("b", {});
  (void)two->find("b");
  one->forget();
  CHECK(fs::exists(dir / "state"));
  one.reset();
  CHECK_FALSE((*resume_file::open(dir / "state"))->find("a"));
  CHECK((*resume_file::open(dir / "state"))->find("b"));
  two->forget();
  CHECK_FALSE(fs::exists(dir / "state"));
}

TEST_CASE("a foreign file is not written into") {
  const test::scratch_dir dir;
  const auto photo = dir.write("a.jpg", "\xff\xd8\xff and more\nlines\n");
  const auto opened = resume_file::open(photo);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == errc::bad_request);
  CHECK(test::read_file(photo) == "\xff\xd8\xff and more\nlines\n");
}

TEST_CASE("events are read however they are cut, as the standard says") {
  const std::string text =
      ": heartbeat\n\nid: 0\nevent: status\ndata: {\"a\":1}\n\n"
      "data:two\r\ndata: lines\r\n\r\nid: 7\rdata: x\r\rid: 8\n\nevent: none\n\ndata\n\ndata: not whole";
  for (size_t cut = 1; cut < text.size(); ++cut) {
    std::vector<std::string> got;
    event_reader reader([&](const stream_event& e) {
      got.push_back(e.id + "|" + e.name + "|" + e.data);
      return true;
    });
    CHECK(reader.feed(text.substr(0, cut)));
    CHECK(reader.feed(text.substr(cut)));
    REQUIRE(got == names{"0|status|{\"a\":1}", "0|message|two\nlines", "7|message|x", "8|message|"});
  }
}

TEST_CASE("an endless line of events is not kept") {
  event_reader reader([](const stream_event&) { return true; });
  CHECK(reader.feed(std::string(64 * 1024, 'x')));
  CHECK_FALSE(reader.feed("x"));
  event_reader stopped([](const stream_event&) { return false; });
  CHECK_FALSE(stopped.feed("data: x\n\n"));
}
