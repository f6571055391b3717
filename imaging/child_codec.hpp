// A `codec` over a child of the fork server.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "imaging/codec.hpp"
#include "imaging/fork_server.hpp"

namespace dip {

// A child is replaced after so much.
struct renewal {
  std::uint32_t images = 500;
  std::uint64_t resident = 768 * mebibyte;
  milliseconds cpu{60'000};
};

class child_codec final : public codec {
public:
  child_codec(std::shared_ptr<fork_server> server, renewal renew, limits_config limits = {});

  // Has a child ready, so that the first job does not wait for one.
  [[nodiscard]] result<void> prepare();

  [[nodiscard]] result<image_header> probe(int in, image_format format, milliseconds deadline) override;
  [[nodiscard]] result<image_info> info(int in, image_format format, bool location,
                                        milliseconds deadline) override;
  [[nodiscard]] result<facts> preprocess(int in, const image_header& header, const preprocess_plan& plan,
                                         int out, milliseconds deadline) override;
  [[nodiscard]] result<processed> process(int in, const std::vector<output_plan>& outputs,
                                          const std::vector<int>& outs, int preview,
                                          const std::vector<watermark_input>& watermarks,
                                          milliseconds deadline) override;

private:
  [[nodiscard]] result<image_header> probe_once(int in, image_format format, milliseconds deadline);
  // `expected`: how many facts the answer must have.
  [[nodiscard]] result<protocol::reply> run(const protocol::job& job, std::span<const int> files,
                                            size_t expected, milliseconds deadline);
  [[nodiscard]] result<void> send(std::string_view bytes, std::span<const int> files);
  [[nodiscard]] result<protocol::reply> receive(milliseconds deadline);
  // Kills the child; the next job gets another.
  [[nodiscard]] tl::unexpected<error> lose(errc code, std::string detail);

  const std::shared_ptr<fork_server> server_;
  const renewal renew_;
  const limits_config limits_;
  std::unique_ptr<child_process> child_;
  std::uint32_t images_ = 0;
};

}  // namespace dip
