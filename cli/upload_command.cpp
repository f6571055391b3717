#include "cli/batch.hpp"
#include "cli/interrupt.hpp"
#include "core/text.hpp"

namespace dip::cli {
namespace {

using nlohmann::json;

class upload_batch final : public batch {
public:
  upload_batch(const common_options& common, const std::vector<std::string>& files)
      : batch(common, files, false) {}

  int run() {
    upload_all();
    return exit_code();
  }

private:
  bool uploaded(node_api&, const std::string& file, const json& object, progress_board::handle) override {
    report(file, text_of(object, "url"), pixels_of(object) + "  " + human_size(number_of(object, "size")));
    if (common_.json) {
      json line = object;
      line["file"] = printable(file);
      screen_.say(line.dump(-1, ' ', false, json::error_handler_t::replace));
    }
    return true;
  }
};

}  // namespace

int run_upload(const common_options& common, const std::vector<std::string>& files) {
  const interrupt_watch watch;
  return upload_batch(common, files).run();
}

}  // namespace dip::cli
