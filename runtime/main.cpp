#include <CLI/CLI.hpp>

#include "cli/cli.hpp"
#include "notify/mail_templates.hpp"
#include "runtime/cluster_command.hpp"
#include "runtime/key_command.hpp"
#include "runtime/openapi_command.hpp"
#include "runtime/serve.hpp"

namespace {

std::vector<dip::cli::file_error> check_templates(const dip::config& c) {
  std::vector<dip::cli::file_error> out;
  const auto templates = dip::mail_templates::read(c.smtp.templates, c.smtp.language);
  if (!templates)
    for (const auto& e : templates.error()) out.push_back({e.file, {e.text, e.line, 0}});
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"DIP, the Distributed Image Processor", "dip"};
  app.set_version_flag("--version", "dip " DIP_VERSION, "print the version");
  const dip::serve_command serve{app};
  const dip::cluster_command cluster{app};
  const dip::key_command key{app};
  const dip::openapi_command openapi{app};
  const dip::cli::client_commands client{app, check_templates};
  if (const auto code = dip::cli::parse(app, argc, argv)) return *code;
  if (const auto code = serve.run()) return *code;
  if (const auto code = cluster.run()) return *code;
  if (const auto code = key.run()) return *code;
  if (const auto code = openapi.run()) return *code;
  return client.run().value_or(2);
}
