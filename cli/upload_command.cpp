#include "cli/batch.hpp"
#include "cli/interrupt.hpp"
#include "core/text.hpp"

namespace dip::cli {
namespace {

using nlohmann::json;

class upload_batch final : public batch {
public:
  upload_batch(const upload_options& options, const input_list& inputs, std::unique_ptr<resume_file> resume)
      : batch(options.common, inputs, false, std::move(resume), "upload") {}

  int run(unsigned parallel) {
    take_all(parallel);
    return end(false);
  }

private:
  bool take(node_api& api, const task& t, const open_input& file) override {
    if (const auto before = earlier(t)) {
      show(t, before->record);
      return true;
    }
    const auto object = api.upload(file, [&](std::uint64_t bytes) { board_.uploaded(t.row, bytes); });
    if (!object) {
      failed(t, object.error());
      return false;
    }
    note_done(t, *object);
    show(t, *object);
    return true;
  }

  void show(const task& t, const json& object) {
    report(t, text_of(object, "url"), pixels_of(object) + "  " + human_size(number_of(object, "size")));
    tell(t, object);
  }
};

}  // namespace

int run_upload(const upload_options& options) {
  const auto inputs = find_inputs(options.files);
  if (const auto code = refuse_empty(inputs, options.files)) return *code;
  std::unique_ptr<resume_file> resume;
  if (!options.resume.empty()) {
    auto opened = resume_file::open(options.resume);
    if (!opened) {
      complain(opened.error().detail);
      return work_failed;
    }
    resume = std::move(*opened);
  }
  const interrupt_watch watch;
  return upload_batch(options, inputs, std::move(resume)).run(options.parallel);
}

}  // namespace dip::cli
