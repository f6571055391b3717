#include "core/config.hpp"

#include <fstream>
#include <set>
#include <sstream>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "core/config_keys.hpp"
#include "core/config_text.hpp"

using namespace dip;

namespace {

std::vector<config_error> errors_of(std::string_view text) {
  auto parsed = parse_config(text);
  return parsed ? std::vector<config_error>{} : parsed.error();
}

std::string only_error(std::string_view text) {
  const auto errors = errors_of(text);
  return errors.size() == 1 ? errors[0].text : std::to_string(errors.size()) + " errors";
}

std::string shipped() {
  std::ifstream in("cluster.conf");
  std::ostringstream text;
  text << in.rdbuf();
  REQUIRE(!text.str().empty());
  return text.str();
}

// cluster.conf with each "#key = value" made a key.
std::string uncommented(std::set<std::string>& keys) {
  std::istringstream in(shipped());
  std::string line, section, out;
  while (std::getline(in, line)) {
    if (line.size() > 1 && line[0] == '#' && line[1] >= 'a' && line[1] <= 'z') {
      line.erase(0, 1);
      keys.insert(section + line.substr(0, line.find(' ')));
    }
    if (!line.empty() && line[0] == '[') section = line.substr(1, line.find(']') - 1) + ".";
    out += line + "\n";
  }
  return out;
}

}  // namespace

TEST_CASE("no file at all is one node with all defaults") {
  const auto parsed = parse_config("");
  REQUIRE(parsed);
  CHECK(*parsed == default_config());
  CHECK(parsed->nodes.size() == 1);
  CHECK(parsed->nodes[0].data == "dip-data");
  CHECK(parsed->nodes[0].origin() == "http://127.0.0.1:8080");
}

TEST_CASE("the shipped cluster.conf is three nodes and nothing but defaults") {
  const auto parsed = parse_config(shipped());
  REQUIRE(parsed);
  REQUIRE(parsed->nodes.size() == 3);
  CHECK(parsed->nodes[0] == node_config{"n1", "127.0.0.1", 8081, 4801, 0, "dip-data/n1", 0, "", ""});
  CHECK(parsed->nodes[2] == node_config{"n3", "127.0.0.1", 8083, 4803, 0, "dip-data/n3", 0, "", ""});
  config expected = default_config();
  expected.nodes = parsed->nodes;
  CHECK(*parsed == expected);
}

TEST_CASE("the defaults in cluster.conf's comments are the real ones, and each key is there") {
  std::set<std::string> keys;
  const auto parsed = parse_config(uncommented(keys));
  REQUIRE(parsed);
  CHECK(*parsed == *parse_config(shipped()));
  std::set<std::string> known;
  for (const auto& key : config_keys()) known.insert(std::string(key.section) + "." + std::string(key.name));
  CHECK(keys == known);
}

TEST_CASE("each key is accepted at both ends of its range and refused beyond") {
  struct range {
    const char *section, *key, *below, *min, *max, *above;
  };
  const auto line = [](const range& r, const char* value) {
    // The neighbours that the value is compared with are put out of the way.
    std::string text = std::string("[") + r.section + "]\n" + r.key + " = " + value + "\n";
    const std::string key = r.key;
    if (key == "backoff_min") text += "backoff_max = \"1d\"\n";
    if (key == "backoff_max") text += "backoff_min = \"1ms\"\n";
    if (key == "pixels") text += "pixels_total = 100000000000\n";
    if (key == "pixels_total") text += "pixels = 1\n";
    if (key == "metadata") text += "request_json = \"1 MiB\"\n";
    if (key == "request_json") text += "metadata = 0\n";
    if (key == "retry_first") text += "retry_max = \"1d\"\n";
    if (key == "retry_max") text += "retry_first = \"1ms\"\n";
    return text;
  };
  const std::vector<range> ranges{
      {"cluster", "replicas", "0", "1", "7", "8"},
      {"cluster", "partitions", "0", "1", "1024", "1025"},
      {"workers", "preprocessors", "-1", "0", "1024", "1025"},
      {"workers", "processors", "-1", "0", "1024", "1025"},
      {"workers", "notifiers", "0", "1", "256", "257"},
      {"workers", "timeout", "\"999ms\"", "\"1s\"", "\"1h\"", "\"3601s\""},
      {"workers", "max_receives", "0", "1", "100", "101"},
      {"workers", "backoff_min", "\"0s\"", "\"1ms\"", "\"1h\"", "\"61m\""},
      {"workers", "backoff_max", "\"0s\"", "\"1ms\"", "\"1d\"", "\"25h\""},
      {"workers", "visibility", "\"999ms\"", "\"1s\"", "\"12h\"", "\"13h\""},
      {"workers", "renew_after", "0", "1", "1000000", "1000001"},
      {"limits", "upload", "1023", "\"1 KiB\"", "\"16 GiB\"", "\"17 GiB\""},
      {"limits", "pixels", "0", "1", "10000000000", "10000000001"},
      {"limits", "pixels_total", "0", "1", "100000000000", "100000000001"},
      {"limits", "frames", "0", "1", "100000", "100001"},
      {"limits", "side", "0", "1", "65535", "65536"},
      {"limits", "operations", "0", "1", "1000", "1001"},
      {"limits", "outputs", "0", "1", "256", "257"},
      {"limits", "request_json", "1023", "1024", "\"1 MiB\"", "\"1025 KiB\""},
      {"limits", "metadata", "-1", "0", "\"64 KiB\"", "65537"},
      {"limits", "queue_depth", "0", "1", "4294967295", "4294967296"},
      {"limits", "free_disk", "-1", "0", "\"1024 TiB\"", "\"1025 TiB\""},
      {"limits", "wait", "\"999ms\"", "\"1s\"", "\"1h\"", "\"2h\""},
      {"retention", "request_files", "\"59s\"", "\"1m\"", "\"36500d\"", "\"36501d\""},
      {"retention", "preprocessed_files", "\"-1s\"", "\"0s\"", "\"36500d\"", "\"36501d\""},
      {"retention", "processed_files", "\"59s\"", "\"1m\"", "\"36500d\"", "\"36501d\""},
      {"retention", "requests", "\"59s\"", "\"1m\"", "\"36500d\"", "\"36501d\""},
      {"retention", "dead_letters", "\"59s\"", "\"1m\"", "\"36500d\"", "\"36501d\""},
      {"retention", "idempotency", "\"59s\"", "\"1m\"", "\"36500d\"", "\"36501d\""},
      {"retention", "audit", "\"59s\"", "\"1m\"", "\"36500d\"", "\"36501d\""},
      {"launch", "log_size", "65535", "\"64 KiB\"", "\"1 TiB\"", "\"1025 GiB\""},
      {"smtp", "per_domain", "0", "1", "1000", "1001"},
      {"webhooks", "per_host", "0", "1", "1000", "1001"},
      {"webhooks", "timeout", "\"999ms\"", "\"1s\"", "\"2m\"", "\"121s\""},
      {"smtp", "timeout", "\"999ms\"", "\"1s\"", "\"10m\"", "\"11m\""},
      {"smtp", "retry_first", "\"0s\"", "\"1ms\"", "\"1h\"", "\"2h\""},
      {"smtp", "retry_max", "\"0s\"", "\"1ms\"", "\"1d\"", "\"2d\""},
      {"smtp", "retry_for", "\"0s\"", "\"1ms\"", "\"30d\"", "\"31d\""},
  };
  for (const auto& r : ranges) {
    CAPTURE(r.section, r.key);
    CHECK(errors_of(line(r, r.min)).empty());
    CHECK(errors_of(line(r, r.max)).empty());
    for (const char* bad : {r.below, r.above, "true", "1.5", "[]", "1979-05-27"}) {
      CAPTURE(bad);
      const auto errors = errors_of(line(r, bad));
      REQUIRE_FALSE(errors.empty());
      CHECK(errors[0].line == 2);
      CHECK(errors[0].text.find(std::string(r.section) + "." + r.key + " ") == 0);
    }
  }
}

TEST_CASE("text is checked by its key's rule") {
  struct example {
    const char *section, *key, *good, *bad;
  };
  for (const example& e :
       {example{"cluster", "name", "photo-lab_2", "photo lab"},
        example{"cluster", "public_url", "https://img.example.org", "https://x/"},
        example{"cluster", "public_url", "", "img.example.org"},
        example{"smtp", "url", "smtps://m:465", "http://m"},
        example{"smtp", "from", "DIP <dip@example.org>", "DIP"},
        example{"smtp", "from", "a@b", "a@b\\r\\nBcc: c@d"}, example{"smtp", "tls", "implicit", "ssl"},
        example{"security", "sandbox", "required", "off"}}) {
    CAPTURE(e.section, e.key, e.good, e.bad);
    const auto text = [&](const char* v) {
      return std::string("[") + e.section + "]\n" + e.key + " = \"" + v + "\"\n";
    };
    CHECK(errors_of(text(e.good)).empty());
    const auto errors = errors_of(text(e.bad));
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].line == 2);
  }
  CHECK(parse_config("[smtp]\ntls = \"none\"")->smtp.tls == smtp_config::tls_mode::none);
}

TEST_CASE("all that is wrong is told, each with its place, in the file's order") {
  const auto errors = errors_of(
      "[cluster]\n"
      "nam = \"x\"\n"
      "replicas = \"3\"\n"
      "\n"
      "[limitz]\n"
      "[[node]]\n"
      "name = \"n1\"\n"
      "  colour = \"red\"\n");
  REQUIRE(errors.size() == 4);
  CHECK(errors[0].text == "cluster.nam is not a key of cluster.conf");
  CHECK(errors[0].line == 2);
  CHECK(errors[0].column == 1);
  CHECK(errors[1].text == "cluster.replicas must be a whole number from 1 to 7");
  CHECK(errors[1].line == 3);
  CHECK(errors[1].column == 12);
  CHECK(errors[2].text == "\"limitz\" is not a section of cluster.conf");
  CHECK(errors[2].line == 5);
  CHECK(errors[3].text == "node.colour is not a key of cluster.conf");
  CHECK(errors[3].line == 8);
  CHECK(errors[3].column == 3);
}

TEST_CASE("what is no TOML is told with its place") {
  const auto errors = errors_of("[cluster]\nname = \n");
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].line == 2);
  CHECK_FALSE(errors[0].text.empty());
  CHECK(errors_of("[cluster]\nname = \"a\"\nname = \"b\"\n")[0].line == 3);
}

TEST_CASE("two nodes share no name, port or directory") {
  const auto two = [](const char* second) {
    return std::string("[[node]]\nname = \"a\"\nhttp = 1\nactors = 2\n[[node]]\n") + second;
  };
  CHECK(errors_of(two("name = \"b\"\nhttp = 3\nactors = 4\n")).empty());
  CHECK(errors_of(two("name = \"b\"\nhost = \"10.0.0.2\"\nhttp = 1\nactors = 2\n")).empty());
  CHECK(only_error(two("name = \"b\"\nhttp = 2\nactors = 4\n")) == "port 2 is used twice on 127.0.0.1");
  CHECK(only_error(two("name = \"b\"\nhttp = 3\nactors = 4\nobjects = 3\n")) ==
        "port 3 is used twice on 127.0.0.1");
  CHECK(only_error(two("name = \"b\"\nhttp = 3\nactors = 4\ndata = \"dip-data/a\"\n")) ==
        "another node on this host has its data in \"dip-data/a\"");
  const auto same = errors_of(two("name = \"a\"\nhttp = 3\nactors = 4\ndata = \"x\"\n"));
  REQUIRE(same.size() == 1);
  CHECK(same[0].text == "another node is called \"a\"");
  CHECK(same[0].line == 6);
  CHECK(only_error(two("name = \"b\"\nhttp = 3\n")).find("needs a port for its actors") != std::string::npos);
}

TEST_CASE("nodes are named, and written as nodes") {
  CHECK(only_error("[[node]]\nhttp = 1\n") == "a [[node]] needs a name");
  CHECK(only_error("[node]\nname = \"a\"\n") == "nodes are written as [[node]], one for each");
  CHECK(only_error("node = [1]\n") == "nodes are written as [[node]], one for each");
  CHECK(only_error("[[node]]\nname = \"../x\"\n") == "node.name must be 1 to 63 letters, digits, - or _");
  CHECK(only_error("cluster = 1\n") == "\"cluster\" must be a section: [cluster]");
  CHECK(parse_config("[[node]]\nname = \"solo\"\n")->nodes[0].data == "dip-data");
}

TEST_CASE("bounds and pairs are checked together") {
  CHECK(only_error("[workers]\nbackoff_min = \"10m\"\n") ==
        "workers.backoff_max must not be below backoff_min");
  CHECK(only_error("[smtp]\nuser = \"u\"\n") == "smtp.user needs password_file beside it");
  CHECK(only_error("[security]\ntls_cert = \"c\"\n") == "security.tls_cert needs tls_key beside it");
}

TEST_CASE("a preset is the JSON that a request would have") {
  const auto parsed = parse_config(
      "[preset.avatar]\n"
      "operations = [ { op = \"resize\", width = 256, fit = \"cover\" } ]\n"
      "outputs = [ { name = \"a\", format = \"webp\", lossless = true } ]\n");
  REQUIRE(parsed);
  const auto json = nlohmann::json::parse(parsed->presets.at("avatar"));
  CHECK(json["operations"][0] == nlohmann::json{{"op", "resize"}, {"width", 256}, {"fit", "cover"}});
  CHECK(json["outputs"][0]["lossless"] == true);
  CHECK(only_error("[preset.a]\noperations = 1979-05-27\n") == "dates and times mean nothing in a preset");
  const auto errors = errors_of(
      "[preset.a]\n"
      "operations = [\n"
      "  { op = \"flip\" },\n"
      "  { op = \"resize\", width = 0 } ]\n");
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].line == 4);
  CHECK(errors[0].text.find("preset.a: ") == 0);
  CHECK(errors[0].text.find("width") != std::string::npos);
  CHECK_FALSE(errors_of("[preset.a]\noperation = []\n").empty());
  CHECK_FALSE(errors_of("[preset.a]\nfile = \"x\"\n").empty());
  CHECK_FALSE(errors_of("[preset.a]\noutputs = [ { format = \"bmp\" } ]\n").empty());
  CHECK_FALSE(errors_of("[preset.a]\noutputs = [ { format = \"png\", effort = 99 } ]\n").empty());
  // The limits hold wherever they stand.
  CHECK_FALSE(errors_of("[preset.a]\noperations = [{op=\"flip\"},{op=\"flop\"}]\n[limits]\noperations = 1\n")
                  .empty());
  CHECK(only_error("[preset]\na = 1\n") == "preset.a must be a section: [preset.a]");
}

TEST_CASE("networks are a list") {
  const auto allow = [](const std::string& value) { return "[webhooks]\nallow = " + value + "\n"; };
  const auto parsed = parse_config(allow("[ \"10.0.0.0/8\", \"::1\" ]"));
  REQUIRE(parsed);
  CHECK(parsed->webhooks.allow == std::vector{*parse_network("10.0.0.0/8"), *parse_network("::1/128")});
  CHECK(parse_config(allow("\"10.0.0.0/8\""))->webhooks.allow.size() == 1);
  CHECK(parse_config(allow("[]"))->webhooks.allow.empty());
  CHECK(only_error(allow("[\"10.0.0.0/33\"]")) ==
        "webhooks.allow has \"10.0.0.0/33\", which is no network as \"10.0.0.0/8\" or \"fd00::/8\"");
  CHECK(only_error(allow("[\"localhost\"]")).find("localhost") != std::string::npos);
  CHECK(only_error(allow("1")) == "webhooks.allow must be a list as [\"10.0.0.0/8\", \"fd00::/8\"]");
  CHECK(only_error(allow("[1]")) == "webhooks.allow must be a single value, or a list of texts");
  CHECK(only_error("[smtp]\nuser = [\"a\"]\n") == "smtp.user must be text in quotes");
}

TEST_CASE("a language is a word") {
  CHECK(parse_config("[smtp]\nlanguage = \"pt-BR\"\n")->smtp.language == "pt-BR");
  for (const char* bad : {"", "../en", "e n", "abcdefghijklmnopq"})
    CHECK(only_error("[smtp]\nlanguage = \"" + std::string(bad) + "\"\n") ==
          "smtp.language must be a language as \"en\" or \"de\"");
}

TEST_CASE("the environment overrides the file") {
  config c = default_config();
  const char* environment[] = {"PATH=/bin",
                               "DIP_URL=http://x",
                               "DIP_API_KEY=k",
                               "DIP_SMTP_URL=smtp://m",
                               "DIP_LIMITS_UPLOAD=1 MiB",
                               "DIP_LIMITS_SIDE=100",
                               "DIP_CLUSTER_NAME=7",
                               "DIP_WORKERS_TIMEOUT=5s",
                               "DIP_WEBHOOKS_ALLOW=10.0.0.0/8, fd00::/8",
                               "DIP_TEST_X=1",
                               nullptr};
  REQUIRE(apply_environment(c, environment));
  CHECK(c.smtp.url == "smtp://m");
  CHECK(c.limits.upload == mebibyte);
  CHECK(c.limits.side == 100);
  CHECK(c.cluster.name == "7");
  CHECK(c.workers.timeout == milliseconds(5000));
  CHECK(c.webhooks.allow == std::vector{*parse_network("10.0.0.0/8"), *parse_network("fd00::/8")});
  CHECK(apply_environment(c, nullptr));
}

TEST_CASE("the environment's mistakes are told by variable") {
  config c = default_config();
  const char* environment[] = {"DIP_SMTP_URI=x", "DIP_LIMITS_SIDE=0", nullptr};
  const auto applied = apply_environment(c, environment);
  REQUIRE_FALSE(applied);
  REQUIRE(applied.error().size() == 2);
  CHECK(applied.error()[0].text == "DIP_SMTP_URI is not a variable of DIP");
  CHECK(applied.error()[1].text == "DIP_LIMITS_SIDE must be a whole number from 1 to 65535");
}

TEST_CASE("sizes are read in words") {
  CHECK(*parse_size("64 MiB") == 64 * mebibyte);
  CHECK(*parse_size("512KiB") == 512 * 1024);
  CHECK(*parse_size("1 GiB") == 1024 * mebibyte);
  CHECK(*parse_size("2 MB") == 2'000'000);
  CHECK(*parse_size("1000") == 1000);
  CHECK(*parse_size("0") == 0);
  CHECK(*parse_size("9223372036854775807") == 9223372036854775807ULL);
  for (const char* bad : {"", " 1", "1 ", "-1", "1.5 MiB", "MiB", "1  MiB", "1 mib", "1 XB",
                          "9223372036854775808", "99999999999999999999", "8388608 TiB"}) {
    CAPTURE(bad);
    CHECK(parse_size(bad).error().code == errc::bad_request);
  }
}

TEST_CASE("durations are read in words") {
  CHECK(*parse_duration("30s") == milliseconds(30'000));
  CHECK(*parse_duration("500ms") == milliseconds(500));
  CHECK(*parse_duration("7d") == milliseconds(604'800'000));
  CHECK(*parse_duration("2h") == milliseconds(7'200'000));
  CHECK(*parse_duration("5m") == milliseconds(300'000));
  CHECK(*parse_duration("0s") == milliseconds(0));
  for (const char* bad : {"", "30", "s", "-1s", "1.5s", "1w", "1 hour", "106751991168d"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_duration(bad));
  }
}

TEST_CASE("what is written in words is read back") {
  for (const std::uint64_t n :
       std::vector<std::uint64_t>{0, 1, 1000, 1024, 1536, 64 * mebibyte, 1024 * mebibyte})
    CHECK(*parse_size(size_text(n)) == n);
  for (const std::int64_t n : {0, 1, 999, 1000, 60'000, 3'600'000, 86'400'000, 90'000})
    CHECK(*parse_duration(duration_text(milliseconds(n))) == milliseconds(n));
}
