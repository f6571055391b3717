// What a plan is going to take, from the header and the plan alone. Pure. The figures were measured on one
// core of a server (bench/README.md, "micro"); they are for telling a giant from a small image, and what a
// child cannot do from what it can.
#pragma once

#include <cstdint>
#include <vector>

#include "core/geometry.hpp"
#include "core/image_format.hpp"
#include "core/plan.hpp"

namespace dip {

// In the units of job_plan: costs of about 5 ns, memory in bytes.
class prediction {
public:
  prediction(const image_header& header, const preprocess_plan& plan);

  // `sizes`: of the image before the first of the output's operations, and after each.
  void add(const output_plan& output, const std::vector<image_size>& sizes, std::uint64_t frames);

  [[nodiscard]] std::uint64_t cost() const { return decoding_ + working_; }
  [[nodiscard]] std::uint64_t longer_stage() const;
  [[nodiscard]] std::uint64_t memory() const;

private:
  std::uint64_t bytes_ = 3;     // of a pixel between the steps
  std::uint64_t decoding_ = 0;  // cost of the first stage
  std::uint64_t decoder_ = 0;   // memory of the first stage
  std::uint64_t source_ = 0;    // memory of the second stage, whatever it does
  std::uint64_t working_ = 0;   // cost of the second stage
  std::uint64_t worker_ = 0;    // memory of the second stage for the output that needs most
};

}  // namespace dip
