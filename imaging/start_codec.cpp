#include <array>
#include <memory>
#include <string>
#include <utility>

#include <unistd.h>

#include "imaging/child_codec.hpp"
#include "imaging/codec.hpp"

namespace dip {
namespace {

class fork_launcher final : public codec_launcher {
public:
  fork_launcher(std::shared_ptr<fork_server> server, const codec_options& options)
      : server_(std::move(server)), renew_after_(options.renew_after), limits_(options.limits) {}

  result<std::unique_ptr<codec>> launch() override {
    auto made = std::make_unique<child_codec>(server_, renew_after_, limits_);
    if (const auto ready = made->prepare(); !ready) return tl::unexpected{ready.error()};
    return made;
  }
  std::vector<int> children() const override { return server_->children(); }
  std::string version() const override { return "libvips " + server_->libvips(); }
  format_set formats() const override { return server_->formats(); }
  std::string missing_walls() const override { return server_->missing_walls(); }

private:
  const std::shared_ptr<fork_server> server_;
  const std::uint32_t renew_after_;
  const limits_config limits_;
};

std::string beside_this_program() {
  std::array<char, 4096> path{};
  const auto count = ::readlink("/proc/self/exe", path.data(), path.size());
  const std::string self(path.data(), count > 0 ? static_cast<size_t>(count) : 0);
  return self.substr(0, self.rfind('/') + 1) + "dip-codec";
}

}  // namespace

result<std::unique_ptr<codec_launcher>> start_codec(codec_options options) {
  if (options.program.empty()) options.program = beside_this_program();
  const auto server = std::make_shared<fork_server>(options.program, options.memory_limit);
  // A program that is there but cannot work is better found now than by the first image.
  if (const auto child = server->fork(); !child) return tl::unexpected{child.error()};
  return std::make_unique<fork_launcher>(server, options);
}

}  // namespace dip
