#include "cli/commands.hpp"

#include <cstdio>

#include "cli/op_option.hpp"
#include "cli/screen.hpp"
#include "core/text.hpp"

namespace dip::cli {

using nlohmann::json;

void complain(const std::string& line) {
  const auto shown = display::of_this_process();
  std::fputs((shown.err.bad("dip:") + " " + line + "\n").c_str(), stderr);
}

int exit_code_of(const node_error& problem) {
  switch (problem.what) {
    case node_error::kind::unreachable: return no_node;
    case node_error::kind::interrupted: return was_interrupted;
    default: return work_failed;
  }
}

std::string text_of(const json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && found != object.end() && found->is_string()
             ? printable(found->get<std::string>())
             : "";
}

std::uint64_t number_of(const json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && found != object.end() && found->is_number_unsigned()
             ? found->get<std::uint64_t>()
             : 0;
}

std::string pixels_of(const json& object) {
  const auto width = number_of(object, "width"), height = number_of(object, "height");
  return width == 0 || height == 0 ? "" : std::to_string(width) + "×" + std::to_string(height);
}

void print_json(const json& document) {
  std::puts(document.dump(2, ' ', false, json::error_handler_t::replace).c_str());
}

std::string short_time(std::string text) {
  if (text.size() >= 19 && text[10] == 'T') text[10] = ' ';
  return text.substr(0, 19);
}

std::string dressed(const std::string& status, const style& with) {
  if (status == "processed") return with.good(status);
  if (status == "failed") return with.bad(status);
  return status == "cancelled" ? with.dim(status) : with.busy(status);
}

std::optional<int> refuse_empty(const input_list& inputs, const std::vector<std::string>& arguments) {
  for (const auto& problem : inputs.unreadable)
    if (inputs.files.empty()) complain(problem);
  if (!inputs.files.empty()) return std::nullopt;
  if (inputs.unreadable.empty())
    complain("there is no image in " + printable(arguments.front()) +
             (arguments.size() == 1 ? "" : " or the others that were named"));
  return work_failed;
}

result<json> make_request_template(const process_options& options) {
  json request = json::object();
  for (const auto& op : options.operations) {
    auto parsed = parse_op(op, operation_table());
    if (!parsed) return tl::make_unexpected(parsed.error());
    request["operations"].push_back(std::move(*parsed));
  }
  if (!options.preset.empty()) request["preset"] = options.preset;
  if (!options.format.empty() || options.quality) {
    json output{{"name", "output"}};
    if (!options.format.empty()) output["format"] = options.format;
    if (options.quality) output["quality"] = *options.quality;
    request["outputs"] = json::array({std::move(output)});
  }
  if (!options.email.empty()) request["notify"]["email"] = options.email;
  if (!options.webhook.empty()) request["notify"]["webhook"] = options.webhook;
  return request;
}

}  // namespace dip::cli
