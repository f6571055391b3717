#include "actors/image_stages.hpp"
#include "actors/object_copies.hpp"
#include "actors/stage_tools.hpp"

namespace dip {
namespace {

class preprocess_stage final : public stage {
public:
  preprocess_stage(const environment* env, codec_pool* codecs) : env_(*env), codecs_(*codecs) {}

  stage_outcome run(const leased_work& work, const std::string& worker) override {
    const auto began = env_.time->steady();
    auto row = normalise(work.request);
    if (!row) return failed_stage(env_, work, worker, began, row.error(), "preprocess");
    auto name = row->name;
    return stage_news{topic_name::preprocess_ok,
                      complete_preprocess{claim_of(env_, work, worker, began), std::move(*row)},
                      {std::move(name)}};
  }

  milliseconds longest() const override { return longest_image_stage(*env_.cfg); }

private:
  result<object_row> normalise(const request_record& r) {
    const auto input_row = find_object(env_, r.file);
    if (!input_row) return gone(input_row.error());
    const auto input = open_object(env_, *input_row);
    if (!input) return gone(input.error());
    auto writer = env_.objects->create(bucket::preprocessed_files, checksum::xxh3);
    if (!writer) return tl::make_unexpected(writer.error());
    auto with = borrow_codec(env_, codecs_);
    if (!with) return tl::make_unexpected(with.error());
    const auto made = (*with)->preprocess((*input)->descriptor(), input_row->header, r.plan.preprocess,
                                          (*writer)->descriptor(), env_.cfg->workers.timeout);
    if (!made) return tl::make_unexpected(made.error());

    object_row row;
    row.name = make_upload_name(bucket::preprocessed_files, ulid::make(env_.time->wall(), r.id.partition()),
                                image_format::tiff);
    row.header.format = image_format::tiff;
    row.header.width = made->width;
    row.header.height = made->height;
    row.header.has_alpha = made->has_alpha;
    row.header.pages = made->pages;
    row.content_type = "image/tiff";
    // It can be made again from the request's file: it is not worth the syncs.
    const auto written = (*writer)->commit(row.name, false);
    if (!written) return tl::make_unexpected(written.error());
    row.size = written->size;
    row.xxh3 = written->xxh3;
    row.node = env_.node;
    return row;
  }

  static tl::unexpected<error> gone(const error& e) {
    if (e.code == errc::not_found) return fail(errc::not_found, "the file of the request is gone");
    return tl::make_unexpected(e);
  }

  const environment& env_;
  codec_pool& codecs_;
};

}  // namespace

std::unique_ptr<stage> make_preprocess_stage(const environment* env, codec_pool* codecs) {
  return std::make_unique<preprocess_stage>(env, codecs);
}

}  // namespace dip
