#include <stdexcept>
#include <vector>

#include <sys/resource.h>

#include "core/codec.hpp"
#include "imaging/channel.hpp"
#include "imaging/codec/child.hpp"
#include "imaging/codec/info.hpp"
#include "imaging/codec/preprocess.hpp"
#include "imaging/codec/probe.hpp"
#include "imaging/codec/process.hpp"

namespace dip::pixels {
namespace {

using protocol::job_kind;

size_t files_of(const protocol::job& job) {
  switch (job.kind) {
    case job_kind::probe:
    case job_kind::info: return 1;
    case job_kind::preprocess: return 2;
    case job_kind::process: return 1 + job.outputs.size() + (job.preview ? 1 : 0) + job.watermarks.size();
  }
  throw refusal{errc::internal, "no such job"};
}

std::vector<codec::facts> run_process(const protocol::job& job, const message& from) {
  size_t next = 1;
  const auto take = [&] { return from.descriptors[next++].get(); };
  std::vector<int> outs;
  for (size_t i = 0; i < job.outputs.size(); ++i) outs.push_back(take());
  const int preview = job.preview ? take() : -1;
  auto watermarks = job.watermarks;
  for (auto& mark : watermarks) mark.descriptor = take();
  const bounds most{.pixels = job.pixels, .side = job.side};
  return process(from.descriptors[0].get(), job.outputs, outs, preview, watermarks, most);
}

protocol::reply run(const protocol::job& job, const message& from) {
  if (from.descriptors.size() != files_of(job))
    throw refusal{errc::internal, "not the files that the job needs"};
  const int in = from.descriptors[0].get();
  protocol::reply answer;
  answer.ok = true;
  if (job.kind == job_kind::process) {
    answer.facts = run_process(job, from);
    return answer;
  }
  blaming(errc::invalid_image, [&] {
    if (job.kind == job_kind::info)
      answer.info = describe(in, job.header.format, job.location);
    else if (job.kind == job_kind::probe)
      answer.header = probe(in, job.header.format);
    else
      answer.facts.push_back(preprocess(in, job.header, job.plan, from.descriptors[1].get(), job.pixels));
  });
  return answer;
}

protocol::reply answer_to(const message& from) {
  try {
    const auto job = decode<protocol::job>(from.bytes);
    if (!job || job->protocol != protocol::version)
      throw refusal{errc::internal, "dip and dip-codec are not of one version"};
    return run(*job, from);
  } catch (...) {
    return reply_of_exception();
  }
}

std::uint64_t milliseconds_of(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1000 + static_cast<std::uint64_t>(time.tv_usec) / 1000;
}

void add_usage(protocol::reply& to) {
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) != 0) return;
  to.resident = static_cast<std::uint64_t>(used.ru_maxrss) * 1024;
  to.cpu_ms = milliseconds_of(used.ru_utime) + milliseconds_of(used.ru_stime);
}

}  // namespace

void serve(descriptor socket) {
  for (;;) {
    const auto got = receive_message(socket.get(), std::nullopt);
    if (!got || !*got) return;
    auto answer = answer_to(**got);
    add_usage(answer);
    if (!send_message(socket.get(), encode(answer), {})) return;
  }
}

}  // namespace dip::pixels
