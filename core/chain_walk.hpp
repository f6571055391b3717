// Walks an output's operations over sizes alone. Belongs to plan.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/errc.hpp"
#include "core/geometry.hpp"
#include "core/recipe.hpp"

namespace dip {

struct limits_config;

struct chain {
  const std::vector<operation>& shared;  // the request's
  const std::vector<operation>& own;     // the output's
  size_t output = 0;                     // its place in the request

  [[nodiscard]] size_t size() const { return shared.size() + own.size(); }
  [[nodiscard]] const operation& at(size_t step) const {
    return step < shared.size() ? shared[step] : own[step - shared.size()];
  }
  // JSON pointer of a step in the request.
  [[nodiscard]] std::string pointer(size_t step) const;
};

struct walked {
  image_size end;                      // of the output
  image_size need;                     // of the preprocessed file, for this output alone
  std::optional<size_t> early_resize;  // the step that `need` already does
  image_size resized;                  // what that step's canvas is
  std::uint64_t cost = 0;              // weighted pixels of all steps, from `need` on
};

// Errors: as of `make_plan`, `too_many_pixels` excepted.
[[nodiscard]] result<walked> walk(image_size from, const chain& steps, std::uint32_t max_side,
                                  const limits_config& limits);

}  // namespace dip
