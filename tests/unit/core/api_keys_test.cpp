#include "core/api_keys.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace dip;

namespace {

const std::string hash(64, 'a');

std::string key(const std::string& members) {
  return "[[key]]\nname = \"shop\"\nsha256 = \"" + hash + "\"\nscopes = [\"upload\"]\n" + members;
}

std::string only_error(const std::string& text) {
  const auto parsed = parse_api_keys(text);
  if (parsed) return "none";
  const auto& e = parsed.error();
  return e.size() == 1 ? std::to_string(e[0].line) + ": " + e[0].text : std::to_string(e.size()) + " errors";
}

}  // namespace

TEST_CASE("a key has a name, a hash, scopes, and limits where they are set") {
  const auto parsed = parse_api_keys(key("rate = 20\nburst = 100\nrequests = 500\nbytes = \"10 "
                                         "GiB\"\nexpires = 2027-01-01T01:00:00+01:00\n") +
                                     "[[key]]\nname = \"b\"\nsha256 = \"" + std::string(64, 'b') +
                                     "\"\nscopes = [\"process\", \"read\"]\n");
  REQUIRE(parsed);
  REQUIRE(parsed->size() == 2);
  const auto& shop = parsed->front();
  CHECK(shop.name == "shop");
  CHECK(shop.sha256 == hash);
  CHECK(shop.scopes == scope_set{scope::upload});
  CHECK(shop.calls == rate_limit{20, 100});
  CHECK(shop.requests == 500);
  CHECK(shop.bytes == 10 * 1024 * mebibyte);
  CHECK(shop.expires_at == *parse_rfc3339("2027-01-01T00:00:00Z"));
  const auto& b = parsed->back();
  CHECK(b.scopes == scope_set{scope::read, scope::process});
  CHECK(b.calls == rate_limit{});
  CHECK(b.expires_at == wall_time{});
}

TEST_CASE("a file without a key is right") {
  CHECK(parse_api_keys("")->empty());
  CHECK(parse_api_keys("# none yet\n")->empty());
}

TEST_CASE("what is wrong in a file of keys is named with its line") {
  CHECK(only_error("[key]\nname = \"x\"\n") == "1: keys are written as [[key]], one for each");
  CHECK(only_error("[[keys]]\n") == "1: keys are written as [[key]], one for each");
  CHECK(only_error(key("color = 1\n")) == "5: \"color\" is not a member of a [[key]]");
  CHECK(only_error(key("rate = -1\n")) == "5: rate must be a whole number, 0 for no limit");
  CHECK(only_error(key("rate = 4294967295\n")) == "none");
  CHECK(only_error(key("rate = 4294967296\n")) == "5: rate must be a whole number, 0 for no limit");
  CHECK(only_error(key("bytes = 12\n")) == "5: bytes must be a size as \"10 GiB\"");
  CHECK(only_error(key("expires = 2027-01-01\n")) == "5: expires must be a time as 2027-01-01T00:00:00Z");
  CHECK(only_error(key("expires = 2027-01-01T00:00:00\n")) ==
        "5: expires must be a time as 2027-01-01T00:00:00Z");
  CHECK(only_error("[[key]]\nname = \"a\"\nsha256 = \"" + hash + "\"\n") == "1: a [[key]] needs scopes");
  CHECK(only_error("[[key]]\nname = \"a\"\nscopes = [\"read\"]\n") ==
        "1: a [[key]] needs the sha256 of its key");
  CHECK(only_error("[[key]]\nsha256 = \"" + hash + "\"\nscopes = [\"read\"]\n") ==
        "1: a [[key]] needs a name");
  CHECK(only_error(key("scopes = [\"upload\"]\n")).starts_with("5: "));  // twice
  CHECK(only_error("[[key]\n").starts_with("1: "));
  const auto with_scopes = [](const std::string& list) {
    return "[[key]]\nname = \"a\"\nsha256 = \"" + hash + "\"\nscopes = " + list + "\n";
  };
  CHECK(only_error(with_scopes("[]")) == "4: scopes must be a list as [\"upload\", \"process\"]");
  CHECK(only_error(with_scopes("\"read\"")) == "4: scopes must be a list as [\"upload\", \"process\"]");
  CHECK(only_error(with_scopes("[\"write\"]")) == "4: a scope is one of upload, process, read, admin");
}

TEST_CASE("names and hashes are checked on both sides of their limits") {
  const auto named = [](const std::string& name, const std::string& sha) {
    return only_error("[[key]]\nname = \"" + name + "\"\nsha256 = \"" + sha + "\"\nscopes = [\"read\"]\n");
  };
  CHECK(named(std::string(63, 'n'), hash) == "none");
  CHECK(named(std::string(64, 'n'), hash).starts_with("2: name must"));
  CHECK(named("a b", hash).starts_with("2: name must"));
  CHECK(named("a", hash.substr(1)).starts_with("3: sha256 must"));
  CHECK(named("a", hash + "a").starts_with("3: sha256 must"));
  CHECK(named("a", std::string(64, 'A')).starts_with("3: sha256 must"));
}

TEST_CASE("two keys share neither a name nor a hash") {
  const auto other =
      "[[key]]\nname = \"blog\"\nsha256 = \"" + std::string(64, 'b') + "\"\nscopes = [\"read\"]\n";
  CHECK(only_error(key("") + other) == "none");
  CHECK(only_error(key("") + "[[key]]\nname = \"shop\"\nsha256 = \"" + std::string(64, 'b') +
                   "\"\nscopes = [\"read\"]\n") == "5: another key is called \"shop\"");
  CHECK(only_error(key("") + "[[key]]\nname = \"blog\"\nsha256 = \"" + hash + "\"\nscopes = [\"read\"]\n") ==
        "5: another key has this sha256");
}

TEST_CASE("admin holds all other scopes") {
  constexpr scope_set admin{scope::admin};
  for (const auto s : {scope::upload, scope::process, scope::read, scope::admin}) CHECK(admin.has(s));
  CHECK(admin.all() == std::vector{scope::admin});
  constexpr scope_set some{scope::upload, scope::read};
  CHECK(some.has(scope::upload));
  CHECK(!some.has(scope::process));
  CHECK(!some.has(scope::admin));
  CHECK(!scope_set{}.has(scope::read));
}
