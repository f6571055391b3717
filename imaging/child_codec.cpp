#include "imaging/child_codec.hpp"

#include <utility>

#include "core/codec.hpp"

namespace dip {
namespace {

// A child that dies may have been killed from outside, as all are with their zygote. Where each one dies of a
// header, the file is bad.
constexpr int attempts = 5;

// What a child may say; anything else that it says is our fault or its.
errc told(errc code) {
  switch (code) {
    case errc::invalid_image:
    case errc::too_many_pixels:
    case errc::invalid_operation:
    case errc::unsupported_media:
    case errc::disk_full:
    case errc::stage_lost:
    case errc::io: return code;
    default: return errc::internal;
  }
}

bool is_header(const image_header& header, image_format format) {
  return header.format == format && header.width > 0 && header.height > 0 && header.pages > 0 &&
         header.orientation >= 1 && header.orientation <= 8 && (header.bits == 8 || header.bits == 16) &&
         header.colour <= image_header::colour_kind::other;
}

}  // namespace

child_codec::child_codec(std::shared_ptr<fork_server> server, renewal renew, limits_config limits)
    : server_(std::move(server)), renew_(renew), limits_(limits) {}

result<void> child_codec::prepare() {
  if (child_) return {};
  auto child = server_->fork();
  if (!child) return tl::unexpected{child.error()};
  child_ = std::move(*child);
  images_ = 0;
  return {};
}

result<image_header> child_codec::probe(int in, image_format format, milliseconds deadline) {
  for (int attempt = 1;; ++attempt) {
    auto header = probe_once(in, format, deadline);
    if (header || header.error().code != errc::worker_crashed || attempt == attempts) return header;
  }
}

result<image_header> child_codec::probe_once(int in, image_format format, milliseconds deadline) {
  protocol::job job;
  job.kind = protocol::job_kind::probe;
  job.header.format = format;
  const auto reply = run(job, std::span{&in, 1}, 0, deadline);
  if (!reply) return tl::unexpected{reply.error()};
  if (!is_header(reply->header, format))
    return lose(errc::worker_crashed, "the codec gave an impossible header");
  return reply->header;
}

result<image_info> child_codec::info(int in, image_format format, bool location, milliseconds deadline) {
  protocol::job job;
  job.kind = protocol::job_kind::info;
  job.header.format = format;
  job.location = location;
  auto reply = run(job, std::span{&in, 1}, 0, deadline);
  if (!reply) return tl::unexpected{reply.error()};
  if (!is_header(reply->info.header, format))
    return lose(errc::worker_crashed, "the codec gave an impossible header");
  return std::move(reply->info);
}

result<codec::facts> child_codec::preprocess(int in, const image_header& header, const preprocess_plan& plan,
                                             int out, milliseconds deadline) {
  protocol::job job;
  job.kind = protocol::job_kind::preprocess;
  job.header = header;
  job.plan = plan;
  job.pixels = limits_.pixels;
  const int files[]{in, out};
  const auto reply = run(job, files, 1, deadline);
  if (!reply) return tl::unexpected{reply.error()};
  return reply->facts.front();
}

result<codec::processed> child_codec::process(int in, const std::vector<output_plan>& outputs,
                                              const std::vector<int>& outs, int preview,
                                              const std::vector<watermark_input>& watermarks,
                                              milliseconds deadline) {
  if (outputs.empty() || outs.size() != outputs.size())
    return fail(errc::internal, "not a file for each output");
  protocol::job job;
  job.kind = protocol::job_kind::process;
  job.outputs = outputs;
  job.preview = preview >= 0;
  job.watermarks = watermarks;
  job.pixels = limits_.pixels;
  job.side = limits_.side;
  std::vector<int> files{in};
  files.insert(files.end(), outs.begin(), outs.end());
  if (job.preview) files.push_back(preview);
  for (const auto& mark : watermarks) files.push_back(mark.descriptor);
  auto reply = run(job, files, outputs.size() + (job.preview ? 1 : 0), deadline);
  if (!reply) return tl::unexpected{reply.error()};
  processed done;
  if (job.preview) {
    done.preview = reply->facts.back();
    reply->facts.pop_back();
  }
  done.outputs = std::move(reply->facts);
  return done;
}

result<protocol::reply> child_codec::run(const protocol::job& job, std::span<const int> files,
                                         size_t expected, milliseconds deadline) {
  if (const auto sent = send(encode(job), files); !sent) return tl::unexpected{sent.error()};
  auto reply = receive(deadline);
  if (!reply) return reply;
  if (++images_ >= renew_.images || reply->resident > renew_.resident ||
      milliseconds{reply->cpu_ms} > renew_.cpu)
    child_.reset();
  if (!reply->ok) return fail(told(reply->code), std::move(reply->detail));
  if (reply->facts.size() != expected)
    return lose(errc::worker_crashed, "the codec gave an impossible answer");
  return reply;
}

result<void> child_codec::send(std::string_view bytes, std::span<const int> files) {
  for (int attempt = 1;; ++attempt) {
    if (const auto ready = prepare(); !ready) return ready;
    auto sent = send_message(child_->socket(), bytes, files);
    if (sent) return sent;
    if (sent.error().code == errc::too_large) return fail(errc::invalid_operation, sent.error().detail);
    // It died since its last job: not this image's doing.
    child_.reset();
    if (attempt == attempts) return sent;
  }
}

result<protocol::reply> child_codec::receive(milliseconds deadline) {
  const auto got = receive_message(child_->socket(), deadline);
  if (!got && got.error().code == errc::timeout)
    return lose(errc::timeout, "the image took longer than it may");
  if (!got) return lose(errc::worker_crashed, got.error().detail);
  if (!*got) return lose(errc::worker_crashed, "the process that worked on the image died");
  auto reply = decode<protocol::reply>((*got)->bytes);
  if (!reply || reply->protocol != protocol::version)
    return lose(errc::worker_crashed, "the codec's answer cannot be read");
  if (reply->detail.size() > protocol::detail_limit) reply->detail.resize(protocol::detail_limit);
  return reply;
}

tl::unexpected<error> child_codec::lose(errc code, std::string detail) {
  child_.reset();
  return fail(code, std::move(detail));
}

}  // namespace dip
