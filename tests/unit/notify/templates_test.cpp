#include <catch2/catch_test_macros.hpp>

#include "notify/mail_templates.hpp"
#include "tests/support/scratch_dir.hpp"

using namespace dip;

namespace {

class folder {
public:
  void put(const std::string& file, const std::string& text) const {
    std::filesystem::create_directories((dir_.path() / file).parent_path());
    dir_.write(file, text);
  }
  [[nodiscard]] auto read(const std::string& fallback = "en") const {
    return mail_templates::read(dir_.text(), fallback);
  }
  // "en/body.txt:3: …", below the folder.
  [[nodiscard]] std::string only_error() const {
    const auto got = read();
    if (got) return "none";
    if (got.error().size() != 1) return std::to_string(got.error().size()) + " errors";
    const auto& e = got.error()[0];
    const auto below = e.file.substr(std::min(e.file.size(), dir_.text().size() + 1));
    return below + ":" + std::to_string(e.line) + ": " + e.text;
  }

private:
  test::scratch_dir dir_;
};

result_mail a_mail() {
  result_mail mail;
  mail.file_name = "a<b>&\"'.jpg";
  mail.request = "01J";
  mail.succeeded = true;
  mail.outputs = {{"web", "https://x.example/?a=1&b=2", "webp", 3, 4, 5}};
  return mail;
}

}  // namespace

TEST_CASE("an operator's file takes the place of the built-in one, the others stay") {
  const folder f;
  f.put("en/subject.txt", "Here is {{file_name}}\n");
  f.put("README", "not a language");
  const auto got = f.read();
  REQUIRE(got);
  const auto words = (*got)->render(a_mail(), {});
  CHECK(words.subject == "Here is a<b>&\"'.jpg");
  CHECK(words.text.find("is ready.") != std::string::npos);
}

TEST_CASE("a language of one's own has all four files") {
  const folder f;
  f.put("fr/subject.txt", "{{file_name}} est pret");
  f.put("fr/body.txt", "Bonjour");
  f.put("fr/body.html", "<p>{{file_name}}</p>");
  CHECK(f.only_error() == "fr/failure.txt:0: is missing, and there is no built-in one in this language");
  f.put("fr/failure.txt", "{{#other}}Non.{{/other}}");
  const auto got = f.read("fr");
  REQUIRE(got);
  CHECK((*got)->has("fr"));
  CHECK((*got)->languages() == std::vector<std::string>{"de", "en", "fr"});
  CHECK((*got)->render(a_mail(), {}).text == "Bonjour");
  CHECK_FALSE(f.read("it"));
}

TEST_CASE("values are escaped in HTML and nowhere else") {
  const folder f;
  f.put("en/body.html", "{{file_name}}|{{#outputs}}{{url}}{{/outputs}}");
  f.put("en/body.txt", "{{file_name}}");
  const auto words = (*f.read())->render(a_mail(), {});
  CHECK(words.html == "a&lt;b&gt;&amp;&quot;&apos;.jpg|https://x.example/?a=1&amp;b=2");
  CHECK(words.text == "a<b>&\"'.jpg");
}

TEST_CASE("what is wrong in a template is told with its file and line") {
  struct example {
    const char *file, *text, *error;
  };
  for (const example& e : {
           example{"en/body.txt", "one\ntwo {{filename}}",
                   "en/body.txt:2: {{filename}} is nothing that this template is given"},
           example{"en/body.txt", "one\n\n{{#outputs}}\n{{name}}",
                   "en/body.txt:3: Unclosed section \"outputs\""},
           example{"en/body.txt", "one\n{{/outputs}}", "en/body.txt:2: Unopened section \"outputs\""},
           example{"en/body.txt", "{{file_name", "en/body.txt:1: a tag without its end"},
           example{"en/body.txt", "{{ }}", "en/body.txt:1: an empty tag"},
           example{"en/body.html", "\n{{{file_name}}}",
                   "en/body.html:2: {{{…}}} and {{&…}} are not offered: what is put in is always escaped"},
           example{"en/body.html", "{{& file_name}}",
                   "en/body.html:1: {{{…}}} and {{&…}} are not offered: what is put in is always escaped"},
           example{"en/body.html", "{{> other}}",
                   "en/body.html:1: {{>…}} is not offered: a template stands for itself"},
           example{"en/body.html", "{{=<% %>=}}",
                   "en/body.html:1: {{=…=}} is not offered: tags are always {{…}}"},
           example{"en/subject.txt", "a\nb", "en/subject.txt:2: a subject is one line"},
           example{"en/subject.txt", " \n", "en/subject.txt:1: a subject is not empty"},
           example{"en/body.txt", "a\n\xff", "en/body.txt:2: not UTF-8"},
           example{"en/failure.txt", "{{file_name}}",
                   "en/failure.txt:1: {{file_name}} is nothing that this template is given"},
           example{"en/body.md", "",
                   "en/body.md:0: is none of subject.txt, body.txt, body.html, failure.txt"},
           example{"e n/body.txt", "", "e n:0: the folder of a language is called as \"en\" or \"pt-BR\""},
       }) {
    const folder f;
    f.put(e.file, e.text);
    CHECK(f.only_error() == e.error);
  }
}

TEST_CASE("a template is 256 KiB at most") {
  const folder f;
  f.put("en/body.txt", std::string(256 * 1024, 'x'));
  CHECK(f.only_error() == "none");
  f.put("en/body.txt", std::string(256 * 1024 + 1, 'x'));
  CHECK(f.only_error() == "en/body.txt:1: a template is 256 KiB at most");
}

TEST_CASE("a folder in a template's place is an error, and no empty template") {
  folder f;
  f.put("en/body.txt/inside", "x");
  CHECK(f.only_error() == "en/body.txt:0: cannot be read");
}

TEST_CASE("a directory that cannot be read is an error") {
  const auto got = mail_templates::read("/nonexistent/templates", "en");
  REQUIRE_FALSE(got);
  CHECK(got.error()[0].text.find("cannot be read") != std::string::npos);
}

TEST_CASE("a value with tags in it is only text") {
  auto mail = a_mail();
  mail.file_name = "{{request}}.jpg";
  const auto words = (*mail_templates::read("", "en"))->render(mail, {});
  CHECK(words.subject == "{{request}}.jpg is ready");
}

TEST_CASE("a value with a line break cannot leave the subject") {
  auto mail = a_mail();
  mail.file_name = "a\r\nBcc: x@y";
  const auto words = (*mail_templates::read("", "en"))->render(mail, {});
  CHECK(words.subject.find_first_of("\r\n") == std::string::npos);
}
