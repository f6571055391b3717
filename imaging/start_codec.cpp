#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <unistd.h>

#include "imaging/child_codec.hpp"
#include "imaging/choosing_codec.hpp"
#include "imaging/codec.hpp"

namespace dip {
namespace {

class fork_launcher final : public codec_launcher {
public:
  fork_launcher(std::shared_ptr<fork_server> fast, std::shared_ptr<fork_server> wide,
                const codec_options& options)
      : fast_(std::move(fast)),
        wide_(std::move(wide)),
        renew_{.images = options.renew_after, .resident = options.renew_above, .cpu = options.longest_job},
        limits_(options.limits) {}

  result<std::unique_ptr<codec>> launch() override {
    auto fast = make(fast_);
    if (const auto ready = fast->prepare(); !ready) return tl::unexpected{ready.error()};
    return std::make_unique<choosing_codec>(std::move(fast), fast_->formats(), wide_ ? make(wide_) : nullptr);
  }
  std::vector<int> children() const override {
    auto all = fast_->children();
    if (!wide_) return all;
    const auto more = wide_->children();
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  std::vector<codec_program> programs() const override {
    std::vector<codec_program> out{fast_->program()};
    if (wide_)
      if (auto wide = wide_->program(); !wide.libvips.empty()) out.push_back(std::move(wide));
    return out;
  }
  std::string missing_walls() const override { return fast_->missing_walls(); }

  bool can_write(image_format format) const override {
    return fast_->formats().can_write(format) || formats().can_write(format);
  }
  format_set formats() const override {
    if (!wide_) return fast_->formats();
    if (wide_->formats() == format_set{}) {
      // It says so when it forks a first child; one that cannot be started reads nothing.
      (void)wide_->fork();
      wide_->rest();
    }
    return fast_->formats() | wide_->formats();
  }

private:
  std::unique_ptr<child_codec> make(const std::shared_ptr<fork_server>& from) {
    return std::make_unique<child_codec>(from, renew_, limits_);
  }

  const std::shared_ptr<fork_server> fast_;
  const std::shared_ptr<fork_server> wide_;  // or none
  const renewal renew_;
  const limits_config limits_;
};

// A child that has used as much as a job may take is renewed before the next one, so each job can have all of
// its time on every core. Only one that nobody watches any more gets beyond that.
protocol::child_bounds bounds_of(const codec_options& options) {
  const auto cores = std::max(1U, std::thread::hardware_concurrency());
  const auto longest =
      std::max(std::chrono::seconds{1}, std::chrono::ceil<std::chrono::seconds>(options.longest_job));
  return {.memory = options.memory_limit,
          .cpu_seconds = static_cast<std::uint64_t>(longest.count()) * (1 + cores) + 1};
}

std::string beside_this_program() {
  std::array<char, 4096> path{};
  const auto count = ::readlink("/proc/self/exe", path.data(), path.size());
  const std::string self(path.data(), count > 0 ? static_cast<size_t>(count) : 0);
  return self.substr(0, self.rfind('/') + 1) + "dip-codec";
}

}  // namespace

result<std::unique_ptr<codec_launcher>> start_codec(codec_options options) {
  if (options.program.empty()) options.program = beside_this_program();
  if (options.wide_program.empty()) options.wide_program = options.program + "-wide";
  const auto server = std::make_shared<fork_server>(options.program, bounds_of(options));
  const bool has_wide = ::access(options.wide_program.c_str(), X_OK) == 0;
  const auto wide =
      has_wide ? std::make_shared<fork_server>(options.wide_program, bounds_of(options)) : nullptr;
  // A program that is there but cannot work is better found now than by the first image.
  if (const auto child = server->fork(); !child) return tl::unexpected{child.error()};
  if (const auto missing = server->missing_walls(); options.sandbox_required && !missing.empty())
    return fail(errc::io, "the sandbox is required, and it is not whole: " + missing);
  return std::make_unique<fork_launcher>(server, wide, options);
}

}  // namespace dip
