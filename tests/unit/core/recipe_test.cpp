#include "core/recipe.hpp"

#include <map>
#include <string>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <nlohmann/json.hpp>

#include "core/codec.hpp"
#include "core/config.hpp"

namespace dip {
namespace {

const std::string key = "01J9Z3V5W6X7Y8Z9ABCDEFGHJK.png";

using presets = std::map<std::string, std::string>;

std::optional<std::string> find_preset(const void* context, std::string_view name) {
  const auto& all = *static_cast<const presets*>(context);
  const auto found = all.find(std::string{name});
  return found == all.end() ? std::nullopt : std::optional{found->second};
}

result<process_request> parse(std::string_view text, const limits_config& limits = {},
                              const presets& all = {}) {
  return parse_process_request(text, limits, find_preset, &all);
}

// `fields` beside a file that is right.
std::string with_file(const std::string& fields) { return R"({"file":"a.jpg",)" + fields + "}"; }

std::string repeated(const std::string& piece, size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out.append(out.empty() ? "" : ",").append(piece);
  return out;
}

TEST_CASE("a file is all that a request needs") {
  const auto request = parse(R"({"file":"https://example.org/a.jpg"})");
  REQUIRE(request);
  CHECK(request->file == "https://example.org/a.jpg");
  CHECK(request->what.operations.empty());
  REQUIRE(request->what.outputs.size() == 1);
  CHECK(request->what.outputs[0].name == "result");
  CHECK(request->what.outputs[0].format == std::nullopt);
  CHECK(request->preset.empty());
  CHECK(request->email.empty());
  CHECK(request->webhook.empty());
  CHECK(request->metadata_json.empty());
}

TEST_CASE("an integer is an integer however its language writes it") {
  CHECK(parse(with_file(R"("preprocess":{"max_width":4096.0})"))->what.max_width == 4096U);
  CHECK(parse(with_file(R"("preprocess":{"max_width":1e3})"))->what.max_width == 1000U);
  CHECK(parse(with_file(R"("preprocess":{"page":0})"))->what.page == 0U);
  CHECK(parse(with_file(R"("preprocess":{"page":99999})"))->what.page == 99'999U);
  CHECK(parse(with_file(R"("preprocess":{"max_width":65535.5})")).error().pointer == "/preprocess/max_width");
  CHECK(parse(with_file(R"("preprocess":{"max_width":1e300})")).error().pointer == "/preprocess/max_width");
}

TEST_CASE("every field of a request is read") {
  const auto request = parse(with_file(R"(
    "preprocess": {"max_width": 4096, "max_height": 1},
    "operations": [{"op": "resize", "width": 800, "fit": "inside"}, {"op": "flip"}],
    "outputs": [{"name": "large", "format": "webp", "quality": 82, "effort": 6, "lossless": true},
                {"name": "t-1_x", "format": "jpeg", "progressive": true, "operations": [{"op": "blur"}]}],
    "notify": {"email": "owner@example.org", "webhook": "https://example.org/hook"},
    "metadata": {"b": 1, "a": [true, null]})"));
  REQUIRE(request);
  const auto& what = request->what;
  CHECK(what.max_width == 4096);
  CHECK(what.max_height == 1);
  REQUIRE(what.operations.size() == 2);
  CHECK(what.operations[0].op == "resize");
  CHECK(what.operations[1] == operation{"flip", {}});
  REQUIRE(what.outputs.size() == 2);
  CHECK(
      what.outputs[0] ==
      output_spec{"large", image_format::webp, 82, 6, true, false, {}, std::nullopt, metadata_policy::strip});
  CHECK(what.outputs[1] == output_spec{"t-1_x",
                                       image_format::jpeg,
                                       std::nullopt,
                                       std::nullopt,
                                       false,
                                       true,
                                       {{"blur", {1.0}}},
                                       std::nullopt,
                                       metadata_policy::strip});
  CHECK(request->email == "owner@example.org");
  CHECK(request->webhook == "https://example.org/hook");
  CHECK(request->metadata_json == R"({"b":1,"a":[true,null]})");
}

TEST_CASE("what is no JSON object is a bad request") {
  const auto text = GENERATE(values<std::string>(
      {"", "{", "[]", "null", "\"a\"", "1", "{}x", "{'file':'a'}", R"({"file":"a",})", "{\"file\":\"\xff\"}",
       R"({"file":1e999})", R"({"file":"a","file":"a"})", R"({"file":"a","metadata":{"x":{"y":1,"y":1}}})",
       R"({"file":"a","metadata":{"x":)" + std::string(15, '[') + std::string(15, ']') + "}}"}));
  CAPTURE(text);
  const auto request = parse(text);
  REQUIRE_FALSE(request);
  CHECK(request.error().code == errc::bad_request);
}

TEST_CASE("a request may be nested as deep as the bound") {
  CHECK(parse(with_file(R"("metadata":{"x":)" + std::string(14, '[') + std::string(14, ']') + "}")));
}

TEST_CASE("a key may be there again in another object") {
  CHECK(parse(with_file(R"("metadata":{"x":{"file":1},"y":{"file":1}})")));
}

TEST_CASE("a request is bounded in bytes") {
  const std::string text = R"({"file":"a"})";
  limits_config limits;
  limits.request_json = text.size();
  CHECK(parse(text, limits));
  CHECK(parse(text + " ", limits).error().code == errc::too_large);
}

TEST_CASE("whatever is wrong is named by its pointer") {
  const auto [fields, pointer] = GENERATE(table<std::string, std::string>({
      {R"("x":1)", "/x"},
      {R"("a/b~c":1)", "/a~1b~0c"},
      {R"("preprocess":1)", "/preprocess"},
      {R"("preprocess":{"width":1})", "/preprocess/width"},
      {R"("preprocess":{"max_width":0})", "/preprocess/max_width"},
      {R"("preprocess":{"page":-1})", "/preprocess/page"},
      {R"("preprocess":{"page":100000})", "/preprocess/page"},
      {R"("preprocess":{"max_height":65536})", "/preprocess/max_height"},
      {R"("preprocess":{"max_height":1.5})", "/preprocess/max_height"},
      {R"("operations":{})", "/operations"},
      {R"("operations":null)", "/operations"},
      {R"("operations":[{"op":"flip"},7])", "/operations/1"},
      {R"("operations":[{"op":"flip"},{}])", "/operations/1/op"},
      {R"("operations":[{"op":"flip"},{"op":"explode"}])", "/operations/1/op"},
      {R"("operations":[{"op":1}])", "/operations/0/op"},
      {R"("operations":[{"op":"flip","x":1}])", "/operations/0/x"},
      {R"("operations":[{"op":"resize"}])", "/operations/0"},
      {R"("operations":[{"op":"resize","width":1,"position":"nowhere"}])", "/operations/0/position"},
      {R"("operations":[{"op":"resize","width":1,"enlarge":1}])", "/operations/0/enlarge"},
      {R"("operations":[{"op":"crop","width":1}])", "/operations/0/height"},
      {R"("operations":[{"op":"rotate"}])", "/operations/0/angle"},
      {R"("operations":[{"op":"text","text":""}])", "/operations/0/text"},
      {R"("operations":[{"op":"text","text":"a\u0000"}])", "/operations/0/text"},
      {R"("operations":[{"op":"text","text":"a","position":"entropy"}])", "/operations/0/position"},
      {R"("operations":[{"op":"watermark"}])", "/operations/0/file"},
      {R"("operations":[{"op":"watermark","file":"../a.png"}])", "/operations/0/file"},
      {R"("outputs":{})", "/outputs"},
      {R"("outputs":[])", "/outputs"},
      {R"("outputs":[1])", "/outputs/0"},
      {R"("outputs":[{"x":1}])", "/outputs/0/x"},
      {R"("outputs":[{"name":""}])", "/outputs/0/name"},
      {R"("outputs":[{"name":"A"}])", "/outputs/0/name"},
      {R"("outputs":[{"name":"a/b"}])", "/outputs/0/name"},
      {R"("outputs":[{"name":1}])", "/outputs/0/name"},
      {R"("outputs":[{"name":"a"},{"name":"a"}])", "/outputs/1/name"},
      {R"("outputs":[{},{}])", "/outputs/1/name"},
      {R"("outputs":[{"format":"heic"}])", "/outputs/0/format"},
      {R"("outputs":[{"format":"svg"}])", "/outputs/0/format"},
      {R"("outputs":[{"format":"gif","quality":80}])", "/outputs/0/quality"},
      {R"("outputs":[{"max_bytes":0}])", "/outputs/0/max_bytes"},
      {R"("outputs":[{"max_bytes":1073741825}])", "/outputs/0/max_bytes"},
      {R"("outputs":[{"format":"png","max_bytes":1000}])", "/outputs/0/max_bytes"},
      {R"("outputs":[{"format":"webp","lossless":true,"max_bytes":1000}])", "/outputs/0/max_bytes"},
      {R"("outputs":[{"metadata":"some"}])", "/outputs/0/metadata"},
      {R"("outputs":[{"metadata":true}])", "/outputs/0/metadata"},
      {R"("outputs":[{"format":"jpg"}])", "/outputs/0/format"},
      {R"("outputs":[{"format":1}])", "/outputs/0/format"},
      {R"("outputs":[{"quality":0}])", "/outputs/0/quality"},
      {R"("outputs":[{"quality":101}])", "/outputs/0/quality"},
      {R"("outputs":[{"quality":"80"}])", "/outputs/0/quality"},
      {R"("outputs":[{"format":"png","quality":80}])", "/outputs/0/quality"},
      {R"("outputs":[{"effort":-1}])", "/outputs/0/effort"},
      {R"("outputs":[{"effort":7}])", "/outputs/0/effort"},
      {R"("outputs":[{"format":"jpeg","effort":4}])", "/outputs/0/effort"},
      {R"("outputs":[{"lossless":"yes"}])", "/outputs/0/lossless"},
      {R"("outputs":[{"format":"jpeg","lossless":true}])", "/outputs/0/lossless"},
      {R"("outputs":[{"format":"webp","progressive":true}])", "/outputs/0/progressive"},
      {R"("outputs":[{},{"name":"b","operations":[{"op":"flip"},{"op":"blur","sigma":0}]}])",
       "/outputs/1/operations/1/sigma"},
      {R"("preset":1)", "/preset"},
      {R"("preset":"unknown")", "/preset"},
      {R"("notify":"a@b")", "/notify"},
      {R"("notify":{"sms":"1"})", "/notify/sms"},
      {R"("notify":{"email":1})", "/notify/email"},
      {R"("notify":{"email":""})", "/notify/email"},
      {R"("notify":{"email":"a@b\r\nBcc: c@d"})", "/notify/email"},
      {R"("notify":{"webhook":false})", "/notify/webhook"},
      {R"("notify":{"language":["en"]})", "/notify/language"},
      {R"("metadata":[])", "/metadata"},
  }));
  CAPTURE(fields);
  const auto request = parse(with_file(fields));
  REQUIRE_FALSE(request);
  CHECK(request.error().code == errc::invalid_operation);
  CHECK(request.error().pointer == pointer);
  CHECK_FALSE(request.error().detail.empty());
}

TEST_CASE("the file must be there, and text") {
  const auto text =
      GENERATE(values<std::string>({"{}", R"({"file":""})", R"({"file":1})", R"({"file":null})",
                                    R"({"file":"a\n"})", R"({"file":")" + std::string(2049, 'a') + "\"}"}));
  CHECK(parse(text).error().pointer == "/file");
}

TEST_CASE("lengths are accepted up to their bound") {
  CHECK(parse(R"({"file":")" + std::string(2048, 'a') + "\"}"));
  const auto notify = [](const std::string& name, size_t bytes) {
    return parse(with_file(R"("notify":{")" + name + R"(":")" + std::string(bytes, 'a') + "\"}"));
  };
  CHECK(notify("email", 254));
  CHECK(notify("email", 255).error().pointer == "/notify/email");
  CHECK(notify("webhook", 2048));
  CHECK(notify("language", 16)->language.size() == 16);
  CHECK(notify("language", 17).error().pointer == "/notify/language");
  CHECK(notify("webhook", 2049).error().pointer == "/notify/webhook");
  const auto name = [](size_t bytes) {
    return parse(with_file(R"("outputs":[{"name":")" + std::string(bytes, 'a') + "\"}]"));
  };
  CHECK(name(64));
  CHECK(name(65).error().pointer == "/outputs/0/name");
}

TEST_CASE("metadata keeps its numbers and the order of its keys as they were written") {
  const auto kept = [](const std::string& text) {
    const auto made = parse(with_file(R"("metadata": )" + text));
    REQUIRE(made);
    return made->metadata_json;
  };
  CHECK(kept(R"({ "price" : 1.50, "id": 123456789012345678901234567890 })") ==
        R"({"price":1.50,"id":123456789012345678901234567890})");
  CHECK(kept(R"({"b":[1e2, -7,{}, [] ,{"x":null,"a":"\u00e9\n"}],"a":{"metadata":{"y":false}}})") ==
        "{\"b\":[1e2,-7,{},[],{\"x\":null,\"a\":\"\xC3\xA9\\n\"}],\"a\":{\"metadata\":{\"y\":false}}}");
  CHECK(kept("{}") == "{}");
}

TEST_CASE("metadata is bounded as it is stored, without spaces") {
  limits_config limits;
  limits.metadata = 9;
  CHECK(parse(with_file(R"("metadata": { "a" : "bc" } )"), limits).error().pointer == "/metadata");
  CHECK(parse(with_file(R"("metadata": { "a" : "b" } )"), limits)->metadata_json == R"({"a":"b"})");
}

TEST_CASE("an output's operations and the request's count together") {
  limits_config limits;
  limits.operations = 3;
  const auto counted = [&](size_t shared, size_t own) {
    const auto flips = [](size_t count) {
      return R"("operations":[)" + repeated(R"({"op":"flip"})", count) + "]";
    };
    return parse(with_file(flips(shared) + R"(,"outputs":[{"name":"a"},{"name":"b",)" + flips(own) + "}]"),
                 limits);
  };
  CHECK(counted(3, 0));
  CHECK(counted(2, 1));
  CHECK(counted(0, 3));
  CHECK(counted(4, 0).error().pointer == "/operations");
  CHECK(counted(3, 1).error().pointer == "/outputs/1/operations");
  CHECK(counted(0, 4).error().pointer == "/outputs/1/operations");
}

TEST_CASE("outputs are bounded in number") {
  limits_config limits;
  limits.outputs = 2;
  CHECK(parse(with_file(R"("outputs":[{"name":"a"},{"name":"b"}])"), limits));
  CHECK(parse(with_file(R"("outputs":[{"name":"a"},{"name":"b"},{"name":"c"}])"), limits).error().pointer ==
        "/outputs");
}

TEST_CASE("a preset lies under the request") {
  const presets all{
      {"avatar", R"({"operations":[{"op":"flip"}],"outputs":[{"name":"p"}],"preprocess":{"max_width":9}})"}};
  const auto plain = parse(with_file(R"("preset":"avatar")"), {}, all);
  REQUIRE(plain);
  CHECK(plain->preset == "avatar");
  CHECK(plain->what.operations.size() == 1);
  CHECK(plain->what.outputs[0].name == "p");
  CHECK(plain->what.max_width == 9);

  const auto over =
      parse(with_file(R"("preset":"avatar","operations":[],"outputs":[{"name":"r"}])"), {}, all);
  REQUIRE(over);
  CHECK(over->what.operations.empty());
  CHECK(over->what.outputs[0].name == "r");
  CHECK(over->what.max_width == 9);
}

TEST_CASE("a preset that no request can use is refused") {
  const presets all{
      {"text", "x"}, {"list", "[]"}, {"file", R"({"file":"a"})"}, {"wrong", R"({"operations":[{}]})"}};
  for (const std::string name : {"text", "list", "file"})
    CHECK(parse(with_file(R"("preset":")" + name + "\""), {}, all).error().pointer == "/preset");
  CHECK(parse(with_file(R"("preset":"wrong")"), {}, all).error().pointer == "/operations/0/op");
  CHECK(parse_process_request(with_file(R"("preset":"text")"), {}, nullptr, nullptr).error().pointer ==
        "/preset");
}

TEST_CASE("ranges hold on both sides") {
  const auto accepts = [](const std::string& params) {
    return parse(with_file(R"("operations":[{"op":)" + params + "}]")).has_value();
  };
  CHECK(accepts(R"("resize","width":1)"));
  CHECK_FALSE(accepts(R"("resize","width":0)"));
  CHECK(accepts(R"("resize","height":65535)"));
  CHECK_FALSE(accepts(R"("resize","height":65536)"));
  CHECK_FALSE(accepts(R"("resize","height":18446744073709551615)"));
  CHECK(accepts(R"("resize","width":10.0)"));
  CHECK_FALSE(accepts(R"("resize","width":10.5)"));
  CHECK(accepts(R"("rotate","angle":-360)"));
  CHECK(accepts(R"("rotate","angle":360.0)"));
  CHECK_FALSE(accepts(R"("rotate","angle":360.1)"));
  CHECK(accepts(R"("blur","sigma":0.3)"));
  CHECK_FALSE(accepts(R"("blur","sigma":0.29)"));
  CHECK(accepts(R"("blur","sigma":1000)"));
  CHECK_FALSE(accepts(R"("blur","sigma":1000.1)"));
  CHECK(accepts(R"("sharpen","sigma":10)"));
  CHECK_FALSE(accepts(R"("sharpen","sigma":10.1)"));
  CHECK(accepts(R"("modulate","brightness":0,"saturation":10,"hue":-360)"));
  CHECK_FALSE(accepts(R"("modulate","brightness":-0.1)"));
  CHECK(accepts(R"("text","text":")" + std::string(1000, 'a') + "\""));
  CHECK_FALSE(accepts(R"("text","text":")" + std::string(1001, 'a') + "\""));
  CHECK(accepts(R"("text","text":"two\nlines")"));
  CHECK(accepts(R"("watermark","file":")" + key + R"(","opacity":0,"scale":0.01,"tile":true)"));
  CHECK_FALSE(accepts(R"("watermark","file":")" + key + R"(","opacity":1.01)"));
}

TEST_CASE("colours are of four shapes") {
  const auto accepts = [](const std::string& colour) {
    return parse(with_file(R"("operations":[{"op":"rotate","angle":1,"background":")" + colour + "\"}]"))
        .has_value();
  };
  for (const auto* right : {"#fff", "#FFaa00", "#00000080", "transparent"}) CHECK(accepts(right));
  for (const auto* wrong :
       {"", "#", "fff", "#ffff", "#fffff", "#ggg", "#fff ", "red", "#000000000", "Transparent"})
    CHECK_FALSE(accepts(wrong));
}

TEST_CASE("operations as JSON mean the same again") {
  const auto list = nlohmann::json::parse(R"([
    {"op":"resize","width":8,"fit":"contain","position":"north","background":"#fff8","kernel":"cubic"},
    {"op":"resize","height":8,"enlarge":true,"position":"attention","background":"transparent"},
    {"op":"crop","width":3,"height":4}, {"op":"rotate","angle":12.5}, {"op":"flip"}, {"op":"flop"},
    {"op":"grayscale"}, {"op":"blur"}, {"op":"sharpen","sigma":2}, {"op":"modulate","hue":90},
    {"op":"trim"}, {"op":"extend","left":3,"background":"#fff"}, {"op":"sepia"},
    {"op":"tint","color":"#123"}, {"op":"negate"}, {"op":"contrast","amount":1.5}, {"op":"gamma"},
    {"op":"normalize"}, {"op":"clahe","width":3,"height":4}, {"op":"median"}, {"op":"pixelate"},
    {"op":"threshold"}, {"op":"edge"}, {"op":"emboss"}, {"op":"vignette"}, {"op":"round","radius":3},
    {"op":"flatten"}, {"op":"text","text":"ä"}, {"op":"watermark","file":"01J9Z3V5W6X7Y8Z9ABCDEFGHJK.png"}])");
  auto usable = list;
  usable[0]["background"] = "#ffffff88";
  limits_config many;
  many.operations = 50;
  const auto first = parse_operations(usable, many, "");
  REQUIRE(first);
  auto shown = nlohmann::json::array();
  for (const auto& op : *first) shown.push_back(to_json(op));
  CHECK(parse_operations(shown, many, "") == *first);
  CHECK(shown[1].contains("width") == false);
  CHECK(shown[7] == nlohmann::json{{"op", "blur"}, {"sigma", 1.0}});
  CHECK(parse_operations(list, many, "/preset/a").error().pointer == "/preset/a/0/background");
  CHECK(to_json(operation{"explode", {true}}) == nlohmann::json{{"op", "explode"}});
}

TEST_CASE("outputs as JSON mean the same again") {
  const auto request = parse(with_file(R"("outputs":[
    {"name":"a"}, {"name":"b","format":"webp","quality":1,"effort":0,"lossless":true},
    {"name":"c","format":"png","progressive":true,"operations":[{"op":"flip"},{"op":"blur"}]},
    {"name":"d","format":"avif","max_bytes":1073741824,"metadata":"copyright"},
    {"name":"e","max_bytes":1,"metadata":"keep"}])"));
  REQUIRE(request);
  auto shown = nlohmann::json::array();
  for (const auto& output : request->what.outputs) shown.push_back(to_json(output));
  CHECK(shown[0] == nlohmann::json{{"name", "a"}});
  CHECK(parse(nlohmann::json{{"file", "a"}, {"outputs", shown}}.dump())->what.outputs ==
        request->what.outputs);
}

TEST_CASE("a recipe is stored and read back") {
  const auto request =
      parse(with_file(R"("preprocess":{"max_width":5},"operations":[{"op":"resize","width":8}],
    "outputs":[{"quality":3,"operations":[{"op":"modulate","hue":1.5}]}])"));
  REQUIRE(request);
  CHECK(decode<recipe>(encode(request->what)) == request->what);
}

}  // namespace
}  // namespace dip
