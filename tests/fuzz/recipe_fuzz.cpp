// What a stranger posts to /process-file: parsed, planned for some image, stored and read back.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/codec.hpp"
#include "core/config.hpp"
#include "core/plan.hpp"

namespace {

using namespace dip;

void must(bool holds) {
  if (!holds) std::abort();
}

// A request that was accepted is shown so that it means the same again.
void check_shown(const recipe& what) {
  auto list = nlohmann::json::array();
  for (const auto& op : what.operations) list.push_back(to_json(op));
  const auto again = parse_operations(list, limits_config{}, "");
  must(again && *again == what.operations);
}

void check_plan(const recipe& what, std::uint32_t seed) {
  image_header header;
  header.format = static_cast<image_format>(seed % format_table().size());
  header.width = 1 + seed % 4000;
  header.height = 1 + seed / 7 % 3000;
  header.pages = 1 + seed % 3;
  header.orientation = static_cast<std::uint8_t>(1 + seed % 8);
  const limits_config limits;
  const auto plan = make_plan(header, what, limits);
  if (!plan) return;
  must(plan->preprocess.width > 0 && plan->preprocess.height > 0);
  must(plan->outputs.size() == what.outputs.size());
  must(decode<job_plan>(encode(*plan)) == *plan);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto request = parse_process_request(text, limits_config{}, nullptr, nullptr);
  if (!request) {
    must(!request.error().detail.empty());
    return 0;
  }
  check_shown(request->what);
  must(decode<recipe>(encode(request->what)) == request->what);
  check_plan(request->what, static_cast<std::uint32_t>(size * 2654435761U));
  return 0;
}
