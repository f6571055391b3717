// The load: clients that each upload an image, ask for it to be processed, wait for the result, and begin
// again.
#pragma once

#include <string>
#include <vector>

#include "bench/mix/mix.hpp"

namespace dip::bench {

struct load_options {
  unsigned clients = 8;
  unsigned images = 40;  // of all clients together; the jobs take turns
};

struct load_result {
  double wall_ms = 0;
  std::vector<double> latencies_ms;  // from the first byte of the upload to the record of the result
};

// Uploads a file; its key. Throws std::runtime_error on any answer but 201.
[[nodiscard]] std::string upload(const std::string& url, const std::string& bytes);

// A closed loop. Throws std::runtime_error when a call is refused or a request does not end as processed.
[[nodiscard]] load_result run_clients(const std::string& url, const std::vector<job>& jobs,
                                      const load_options& options);

}  // namespace dip::bench
