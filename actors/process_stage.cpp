#include <algorithm>
#include <utility>

#include "actors/image_stages.hpp"
#include "actors/object_copies.hpp"
#include "actors/stage_tools.hpp"
#include "core/operation_table.hpp"

namespace dip {
namespace {

// The objects of one attempt: written, and if the attempt comes to nothing, removed.
struct results {
  std::vector<object_row> objects;
  std::vector<output_row> outputs;
  std::optional<object_name> preview;
};

class process_stage final : public stage {
public:
  process_stage(const environment* env, codec_pool* codecs) : env_(*env), codecs_(*codecs) {}

  stage_outcome run(const leased_work& work, const std::string& worker) override {
    const auto began = env_.time->steady();
    results made;
    if (const auto done = process(work.request, made); !done) {
      for (const auto& o : made.objects) remove(o.name);
      if (done.error().code == errc::stage_lost)
        return stage_news{topic_name::request, redo_preprocess{claim_of(env_, work, worker, began)}, {}};
      return failed_stage(env_, work, worker, began, done.error(), "process");
    }
    std::vector<object_name> names;
    for (const auto& o : made.objects) names.push_back(o.name);
    const auto now = env_.time->wall();
    complete_process c{claim_of(env_, work, worker, began),
                       std::move(made.objects),
                       std::move(made.outputs),
                       std::move(made.preview),
                       now + env_.cfg->retention.requests,
                       now + env_.cfg->retention.preprocessed_files};
    return stage_news{topic_name::notifier, std::move(c), std::move(names)};
  }

  milliseconds longest() const override { return longest_image_stage(*env_.cfg); }

private:
  using writers = std::vector<std::unique_ptr<object_writer>>;

  result<void> process(const request_record& r, results& made) {
    auto input = open_preprocessed(r);
    if (!input) return tl::make_unexpected(input.error());
    std::vector<std::unique_ptr<object_reader>> marks_open;
    auto marks = open_watermarks(r, marks_open);
    if (!marks) return tl::make_unexpected(marks.error());
    const bool wants_preview = !r.email.empty();
    auto outs = create(r.plan.outputs.size() + (wants_preview ? 1 : 0));
    if (!outs) return tl::make_unexpected(outs.error());
    std::vector<int> descriptors;
    for (size_t i = 0; i < r.plan.outputs.size(); ++i) descriptors.push_back((*outs)[i]->descriptor());
    auto with = borrow_codec(env_, codecs_);
    if (!with) return tl::make_unexpected(with.error());
    const auto done =
        (*with)->process((*input)->descriptor(), r.plan.outputs, descriptors,
                         wants_preview ? outs->back()->descriptor() : -1, *marks, env_.cfg->workers.timeout);
    if (!done) return tl::make_unexpected(done.error());
    return keep(r, *done, *outs, made);
  }

  // What a browser proposes when it saves an output: the uploaded file's name, with what tells it from the
  // others.
  static std::string name_for_people(const request_record& r, const output_plan& of) {
    const auto dot = r.file_name.rfind('.');
    auto name = r.file_name.substr(0, dot == 0 ? std::string::npos : dot);
    if (r.plan.outputs.size() > 1) name += "-" + of.name;
    return name + "." + std::string{spec_of(of.format).extension};
  }

  // Missing, short, damaged, or on a node that cannot be reached: the stage before has to make it again.
  result<std::unique_ptr<object_reader>> open_preprocessed(const request_record& r) {
    if (!r.preprocessed) return fail(errc::stage_lost, "there is no preprocessed file");
    auto opened = open_checked(*r.preprocessed);
    if (opened) return opened;
    const auto& e = opened.error();
    if (e.code == errc::not_found || e.code == errc::corrupt || e.code == errc::no_quorum)
      return fail(errc::stage_lost, e.detail);
    return opened;
  }

  result<std::unique_ptr<object_reader>> open_checked(const object_row& row) {
    if (env_.copies == nullptr)
      if (const auto sound = env_.objects->verify(row); !sound) return tl::make_unexpected(sound.error());
    return open_object(env_, row);
  }

  result<std::vector<codec::watermark_input>> open_watermarks(
      const request_record& r, std::vector<std::unique_ptr<object_reader>>& open) {
    std::vector<codec::watermark_input> out;
    for (const auto& output : r.plan.outputs)
      for (const auto& op : output.operations) {
        if (op.op != "watermark") continue;
        const std::string key{text_param(op, "file")};
        if (std::any_of(out.begin(), out.end(), [&](const auto& w) { return w.key == key; })) continue;
        const auto name = parse_key(bucket::request_files, key);
        if (!name) return tl::make_unexpected(name.error());
        const auto row = find_object(env_, *name);
        auto reader = row ? open_object(env_, *row) : tl::make_unexpected(row.error());
        if (!reader && reader.error().code == errc::not_found)
          return fail(errc::not_found, "the watermark " + key + " is gone");
        if (!reader) return tl::make_unexpected(reader.error());
        out.push_back({key, (*reader)->descriptor(), row->header.format});
        open.push_back(std::move(*reader));
      }
    return out;
  }

  result<writers> create(size_t count) {
    writers out;
    for (size_t i = 0; i < count; ++i) {
      auto w = env_.objects->create(bucket::processed_files, checksum::sha256);
      if (!w) return tl::make_unexpected(w.error());
      out.push_back(std::move(*w));
    }
    return out;
  }

  result<void> keep(const request_record& r, const codec::processed& done, writers& outs, results& made) {
    const auto p = r.id.partition();
    const auto attempt = ulid::make(env_.time->wall(), p);
    for (size_t i = 0; i < r.plan.outputs.size(); ++i) {
      const auto& plan = r.plan.outputs[i];
      auto row = commit(*outs[i], make_output_name(attempt, plan.name, plan.format), plan.format,
                        done.outputs.at(i));
      if (!row) return tl::make_unexpected(row.error());
      row->original_name = name_for_people(r, plan);
      made.outputs.push_back(
          {plan.name, row->name, plan.format, row->header.width, row->header.height, row->size});
      made.objects.push_back(std::move(*row));
    }
    if (outs.size() > r.plan.outputs.size())
      if (auto kept = keep_preview(p, done, *outs.back(), made); !kept) return kept;
    return replicate(env_, made.objects);
  }

  result<void> keep_preview(partition_id p, const codec::processed& done, object_writer& out, results& made) {
    const auto name =
        make_upload_name(bucket::processed_files, ulid::make(env_.time->wall(), p), image_format::jpeg);
    auto row = commit(out, name, image_format::jpeg, done.preview);
    if (!row) return tl::make_unexpected(row.error());
    row->unlisted = true;
    made.preview = row->name;
    made.objects.push_back(std::move(*row));
    return {};
  }

  result<object_row> commit(object_writer& out, const object_name& name, image_format format,
                            const codec::facts& facts) {
    const auto written = out.commit(name, syncs_itself(env_));
    if (!written) return tl::make_unexpected(written.error());
    object_row row;
    row.name = name;
    row.size = written->size;
    row.sha256 = written->sha256;
    row.content_type = spec_of(format).content_type;
    row.header.format = format;
    row.header.width = facts.width;
    row.header.height = facts.height;
    row.header.has_alpha = facts.has_alpha;
    row.header.pages = facts.pages;
    row.expires_at = env_.time->wall() + env_.cfg->retention.processed_files;
    return row;
  }

  // What cannot be removed now, the sweep removes: no row speaks of it.
  void remove(const object_name& name) { (void)env_.objects->remove(name); }

  const environment& env_;
  codec_pool& codecs_;
};

}  // namespace

std::unique_ptr<stage> make_process_stage(const environment* env, codec_pool* codecs) {
  return std::make_unique<process_stage>(env, codecs);
}

}  // namespace dip
