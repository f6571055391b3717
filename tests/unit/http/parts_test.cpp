#include <algorithm>

#include <catch2/catch_test_macros.hpp>

#include "http/byte_range.hpp"
#include "http/file_name.hpp"
#include "http/framed_body.hpp"
#include "http/multipart.hpp"
#include "http/target.hpp"

namespace dip::http::test {
namespace {

struct form_log {
  std::string text;
  result<multipart_reader> reader(const std::string& type = "multipart/form-data; boundary=\"B\"") {
    return multipart_reader::make(
        type,
        [this](const form_part& p) -> result<void> {
          text += '[' + p.name + '|' + p.file_name + ']';
          return {};
        },
        [this](std::string_view piece) -> result<void> {
          text += piece;
          return {};
        });
  }
};

TEST_CASE("a form reads the same wherever it is cut") {
  const std::string body =
      "preamble\r\n--B \t\r\ncontent-disposition: form-data; name=a\r\n\r\none\r\n--\r\n--X\r\n--B\r\n"
      "X: y\r\nContent-Disposition: form-data; name=\"b\"; filename=\"f.png\"\r\n\r\n\r\n--B\r\n"
      "Content-Disposition: form-data; name=c\r\n\r\n\r\n\r\n--B--\r\nepilogue\r\n--B\r\n";
  for (size_t size = 1; size <= body.size(); ++size) {
    form_log log;
    auto reader = log.reader();
    REQUIRE(reader);
    for (size_t at = 0; at < body.size(); at += size)
      REQUIRE(reader->feed(std::string_view{body}.substr(at, size)));
    CHECK(reader->complete());
    CHECK(log.text == "[a|]one\r\n--\r\n--X[b|f.png][c|]\r\n");
  }
}

TEST_CASE("a form that is malformed is refused") {
  const auto refused = [](const std::string& body) {
    form_log log;
    auto reader = log.reader();
    for (const char c : body)
      if (const auto fed = reader->feed({&c, 1}); !fed) return fed.error().code == errc::bad_request;
    return false;
  };
  CHECK(refused("--Bx\r\n\r\n"));
  CHECK(refused("--B" + std::string(100, ' ')));
  CHECK(refused("--B\r\nno colon\r\n\r\n"));
  CHECK(refused("--B\r\nX: y\r\n\r\n"));
  CHECK(refused("--B\r\n\r\nbody"));
  CHECK(refused("--B\r\nContent-Disposition: form-data\r\n\r\n"));
  CHECK(refused("--B\r\nX: " + std::string(multipart_reader::max_part_head, 'y')));
  std::string parts;
  for (size_t i = 0; i <= multipart_reader::max_parts; ++i)
    parts += "--B\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n";
  CHECK(refused(parts));
}

TEST_CASE("a form's limits are the same wherever it is cut") {
  const auto taken = [](const std::string& body, size_t step) {
    form_log log;
    auto reader = log.reader();
    for (size_t at = 0; at < body.size(); at += step)
      if (!reader->feed(std::string_view{body}.substr(at, step))) return false;
    return true;
  };
  const auto padded = [](size_t blanks) {
    return "--B" + std::string(blanks, '\t') + "\r\nContent-Disposition: form-data; name=a\r\n\r\n";
  };
  // The CRLF before the head's first line counts too.
  const auto headed = [](size_t size) {
    const std::string line = "\r\nContent-Disposition: form-data; name=a\r\nX: ";
    return "--B" + line + std::string(size - line.size(), 'y') + "\r\n\r\n";
  };
  for (const size_t step : {size_t{1}, size_t{7}, size_t{1} << 20}) {
    CHECK(taken(padded(multipart_reader::max_padding), step));
    CHECK_FALSE(taken(padded(multipart_reader::max_padding + 1), step));
    CHECK(taken(headed(multipart_reader::max_part_head), step));
    CHECK_FALSE(taken(headed(multipart_reader::max_part_head + 1), step));
  }
}

TEST_CASE("a form's boundary has 1 to 70 characters") {
  form_log log;
  CHECK(log.reader("multipart/form-data; boundary=" + std::string(70, 'b')));
  CHECK(!log.reader("multipart/form-data; boundary=" + std::string(71, 'b')));
  CHECK(!log.reader("multipart/form-data; boundary="));
  CHECK(!log.reader("multipart/form-data"));
}

TEST_CASE("a file's name is made safe") {
  CHECK(sanitised_file_name("cat.png") == "cat.png");
  CHECK(sanitised_file_name("../../etc/passwd") == "passwd");
  CHECK(sanitised_file_name("C:\\Users\\me\\cat.png") == "cat.png");
  CHECK(sanitised_file_name("a/").empty());
  CHECK(sanitised_file_name("..").empty());
  CHECK(sanitised_file_name(".").empty());
  CHECK(sanitised_file_name("a\r\n\tb\x7f.png") == "ab.png");
  CHECK(sanitised_file_name(std::string("a\0b", 3)) == "ab");
  CHECK(sanitised_file_name("gpj\xE2\x80\xAE.exe") == "gpj.exe");
  CHECK(sanitised_file_name("\xC2\x85x") == "x");
  CHECK(sanitised_file_name("\xC3\xBC\xE6\x97\xA5\xF0\x9F\x90\xB1") ==
        "\xC3\xBC\xE6\x97\xA5\xF0\x9F\x90\xB1");
  const std::string mark = "\xEF\xBF\xBD";
  CHECK(sanitised_file_name("a\xff"
                            "b") == "a" + mark + "b");
  CHECK(sanitised_file_name("\xC0\xAF") == mark + mark);
  CHECK(sanitised_file_name("\xED\xA0\x80") == mark + mark + mark);
  CHECK(sanitised_file_name("\xF0\x9F") == mark + mark);
}

TEST_CASE("a file's name has 255 bytes at most and is cut between characters") {
  CHECK(sanitised_file_name(std::string(255, 'n')).size() == 255);
  CHECK(sanitised_file_name(std::string(256, 'n')).size() == 255);
  CHECK(sanitised_file_name(std::string(254, 'n') + "\xC3\xBC").size() == 254);
}

TEST_CASE("parameters of a header are read as browsers write them") {
  const std::string header = R"(form-data; name="file"; filename="a \"b\"; c.png" ; x=y)";
  CHECK(header_parameter(header, "name") == "file");
  CHECK(header_parameter(header, "FILENAME") == "a \"b\"; c.png");
  CHECK(header_parameter(header, "x") == "y");
  CHECK(!header_parameter(header, "z"));
  CHECK(header_parameter("form-data; filename=\"C:\\dir\\f.png\"", "filename") == "C:\\dir\\f.png");
  CHECK(header_parameter("a; filename=x; filename*=ISO-8859-1''%FC", "filename") == "x");
  CHECK(header_parameter("a; filename*=utf-8'en'%C3%BC; filename=x", "filename") == "\xC3\xBC");
  CHECK(header_parameter("a; filename*=utf-8''%zz; filename=x", "filename") == "x");
  CHECK(header_parameter("a; name=\"open", "name") == "open");
  CHECK(!header_parameter("a; name", "name"));
}

TEST_CASE("a name that is not plain ASCII is told in both ways") {
  CHECK(content_disposition("inline", "a b.png") == "inline; filename=\"a b.png\"");
  CHECK(content_disposition("inline", "\xC3\xBC.png") ==
        "inline; filename=\"__.png\"; filename*=UTF-8''%C3%BC.png");
  CHECK(content_disposition("attachment", "a\"b\\%") ==
        "attachment; filename=\"a_b__\"; filename*=UTF-8''a%22b%5C%25");
}

// What a chunked body reads as, or the word of its failure; with what is left on the connection.
std::pair<std::string, std::string> read_chunked(std::string wire, std::uint64_t most = 100) {
  framed_body body{[&](std::span<char> out) -> result<size_t> {
                     if (wire.empty()) return fail(errc::timeout);
                     const auto count = std::min(out.size(), wire.size());
                     std::copy_n(wire.begin(), count, out.begin());
                     wire.erase(0, count);
                     return count;
                   },
                   {true, std::nullopt},
                   most};
  std::string text;
  const auto done = body.read([&](std::string_view piece) -> result<void> {
    text += piece;
    return {};
  });
  CHECK(body.consumed() == done.has_value());
  return {done ? text : std::string{to_string(done.error().code)}, wire};
}

TEST_CASE("a chunked body is read to its end and no further") {
  using both = std::pair<std::string, std::string>;
  CHECK(read_chunked("3\r\nabc\r\n0A;x=y\r\n0123456789\r\n0\r\n\r\nGET") == both{"abc0123456789", "GET"});
  CHECK(read_chunked("0\r\nTrailer: x\r\n\r\nGET") == both{"", "GET"});
  CHECK(read_chunked("64\r\n" + std::string(100, 'x') + "\r\n0\r\n\r\n").first.size() == 100);
  CHECK(read_chunked("65\r\n" + std::string(101, 'x')).first == "too_large");
  CHECK(read_chunked("64\r\n" + std::string(100, 'x') + "\r\n1\r\nx").first == "too_large");
  CHECK(read_chunked("FFFFFFFFFFFFFFFF\r\nx").first == "too_large");
  CHECK(read_chunked("3\r\nab").first == "timeout");
  for (const std::string bad :
       {"\r\n", "-2\r\n", "+2\r\n", "0x2\r\n", " 2\r\n", "g\r\n", "1FFFFFFFFFFFFFFFF\r\n", "2\r\nabc\r\n"})
    CHECK(read_chunked(bad).first == "bad_request");
  CHECK(read_chunked("2;" + std::string(2000, 'x')).first == "bad_request");
  std::string trailers = "0\r\n";
  for (int i = 0; i < 70; ++i) trailers += "T: x\r\n";
  CHECK(read_chunked(trailers).first == "bad_request");
}

TEST_CASE("a range beyond all numbers lies outside, and one that is none is ignored") {
  CHECK(parse_range("bytes=18446744073709551616-", 26).error().code == errc::bad_range);
  CHECK(parse_range("bytes=0-18446744073709551616", 26).value() == byte_range{0, 26});
  CHECK(parse_range("Bytes= 1-2 ", 26).value() == byte_range{1, 2});
  CHECK(parse_range("bytes=-1", 0).error().code == errc::bad_range);
  for (const std::string ignored : {"", "=", "bytes", "bytes=", "bytes=-", "bytes=1", "bytes=1-2x",
                                    "bytes=--2", "bytes=2-1", "bytes=0-1,2-3", "pages=1-2"})
    CHECK(!parse_range(ignored, 26).value());
}

TEST_CASE("a target is taken apart") {
  const auto t = parse_target("/a%20b/%2F/?x=1&y=a+b%26&z&=q#f").value();
  CHECK(t.path == "/a%20b/%2F/");
  CHECK(t.segments == std::vector<std::string>{"a b", "/", ""});
  CHECK(t.query == std::vector<name_value>{{"x", "1"}, {"y", "a b&"}, {"z", ""}});
  CHECK(parse_target("/").value().segments.empty());
  CHECK(parse_target("HTTP://h:1/p").value().path == "/p");
  CHECK(parse_target("https://h?q=1").value().query.size() == 1);
  for (const std::string bad :
       {"", "a", "?x", "/%", "/%4", "/%4g", "/%00", "/%1f", "/\x01", "/?%", "/?a=%0d", "ftp://h/"})
    CHECK(!parse_target(bad));
}

}  // namespace
}  // namespace dip::http::test
