// The four jobs that DIP is measured with, and what they cost where nothing is kept, queued or isolated.
#pragma once

#include <string>
#include <vector>

#include "core/image_format.hpp"
#include "core/plan.hpp"

namespace dip::bench {

struct job {
  const char* name;
  image_format format;     // of `bytes`
  std::string bytes;       // the image that is uploaded
  std::string operations;  // JSON, as POST /process-file takes it
  std::string output;      // JSON of the one output
  bool marked = false;     // a watermark is laid over it
};

// The images are made here, the same in every run: photos of soft shapes with a little grain, a drawing with
// alpha. `mark_key` is the key of the watermark's upload. The codec's library must have been started.
[[nodiscard]] std::vector<job> make_jobs(const std::string& mark_key);

// A PNG with alpha, 200 × 100.
[[nodiscard]] std::string make_mark();
// A key that is well formed, for where nothing is stored.
[[nodiscard]] std::string no_key();

// The body of POST /process-file.
[[nodiscard]] std::string body_of(const job& what, const std::string& file_key);

// A job as the node would plan it, done in one go: decode, resize, operations, encode, in this process and
// thread, the pixels handed on in memory. `input`, `mark` and `output` are descriptors.
class direct_plan {
public:
  // Throws std::runtime_error when the node would refuse the job.
  explicit direct_plan(const job& what);

  void run(int input, int mark, int output) const;
  [[nodiscard]] const image_header& header() const { return header_; }
  [[nodiscard]] const job_plan& plan() const { return plan_; }
  // Of the watermark; empty when there is none.
  [[nodiscard]] const std::string& mark_key() const { return mark_key_; }

private:
  image_header header_;
  job_plan plan_;
  std::string mark_key_;
};

}  // namespace dip::bench
