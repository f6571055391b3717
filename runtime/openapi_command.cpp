#include "runtime/openapi_command.hpp"

#include <cstdio>

#include <CLI/CLI.hpp>

#include "core/image_format.hpp"
#include "http/openapi.hpp"
#include "runtime/config_file.hpp"
#include "runtime/node.hpp"

namespace dip {
namespace {

format_set all_formats() {
  format_set out;
  for (const auto& spec : format_table()) {
    if (spec.readable) out.add_reading(spec.format);
    if (spec.writable) out.add_writing(spec.format);
  }
  return out;
}

}  // namespace

openapi_command::openapi_command(CLI::App& app)
    : command_(app.add_subcommand("openapi", "Print the API's description as OpenAPI 3.1, without a node")),
      config_(std::make_unique<std::string>()) {
  command_->add_option("--config", *config_, "cluster.conf, whose bounds and address it names");
}

std::optional<int> openapi_command::run() const {
  if (!command_->parsed()) return std::nullopt;
  const auto conf = read_config(*config_);
  if (!conf) {
    std::fprintf(stderr, "dip: %s\n", conf.error().detail.c_str());
    return 1;
  }
  const auto text = http::make_openapi({*conf, origin_of(*conf, conf->nodes.front()), all_formats()}) + "\n";
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0 ? 0 : 1;
}

}  // namespace dip
