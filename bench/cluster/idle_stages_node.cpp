// `dip serve` with stages that do nothing: what is left is topics, queues, logs, leases and links. As long as
// the file that IDLE_STAGES_FAIL names is there, all work fails.
#include <cstdlib>
#include <filesystem>

#include <CLI/CLI.hpp>

#include "actors/stage_tools.hpp"
#include "cli/cli.hpp"
#include "runtime/serve.hpp"

namespace {

using namespace dip;

class idle_stage : public stage {
public:
  explicit idle_stage(const environment* env) : env_(*env) {}
  milliseconds longest() const override { return std::chrono::seconds{60}; }

protected:
  [[nodiscard]] object_row row(const leased_work& work, bucket in, image_format format) const {
    object_row out;
    out.name = make_upload_name(in, ulid::make(env_.time->wall(), work.request.id.partition()), format);
    out.header.format = format;
    out.node = env_.node;
    return out;
  }

  const environment& env_;
};

class preprocess final : public idle_stage {
public:
  using idle_stage::idle_stage;
  stage_outcome run(const leased_work& work, const std::string& worker) override {
    if (failing != nullptr && std::filesystem::exists(failing))
      return stage_retry{errc::worker_crashed, "it is told to fail"};
    const auto by = claim_of(env_, work, worker, env_.time->steady());
    auto made = row(work, bucket::preprocessed_files, image_format::tiff);
    return stage_news{topic_name::preprocess_ok, complete_preprocess{by, std::move(made)}, {}};
  }

private:
  const char* failing = std::getenv("IDLE_STAGES_FAIL");
};

class process final : public idle_stage {
public:
  using idle_stage::idle_stage;
  stage_outcome run(const leased_work& work, const std::string& worker) override {
    complete_process done;
    done.by = claim_of(env_, work, worker, env_.time->steady());
    done.objects.push_back(row(work, bucket::processed_files, image_format::jpeg));
    done.outputs.push_back({"", done.objects.front().name, image_format::jpeg, 1, 1, 0});
    const auto now = env_.time->wall();
    done.record_expires_at = now + env_.cfg->retention.requests;
    done.preprocessed_expires_at = now + env_.cfg->retention.preprocessed_files;
    return stage_news{topic_name::notifier, std::move(done), {}};
  }
};

template <class Stage>
std::unique_ptr<stage> make(const environment* env) {
  return std::make_unique<Stage>(env);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"A node whose stages do nothing", "idle_stages_node"};
  const serve_command serve{app, {make<preprocess>, make<process>}};
  if (const auto code = cli::parse(app, argc, argv)) return *code;
  return serve.run().value_or(2);
}
