// A `codec` over two children: the fast one for all that it can do, the wide one for the rest.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "imaging/child_codec.hpp"

namespace dip {

class choosing_codec final : public codec {
public:
  // `wide` may be none; it is started by the first job that `fast` has no loader or encoder for.
  choosing_codec(std::unique_ptr<child_codec> fast, format_set fast_can, std::unique_ptr<child_codec> wide);

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
  // Without a wide one the fast one says what it lacks.
  [[nodiscard]] codec& either(bool fast_is_enough) { return fast_is_enough || !wide_ ? *fast_ : *wide_; }

  const std::unique_ptr<child_codec> fast_;
  const format_set fast_can_;
  const std::unique_ptr<child_codec> wide_;
};

}  // namespace dip
