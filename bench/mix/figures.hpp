// Figures: what every benchmark prints of the machine, and how it sums up what it measured.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>
#include <time.h>

namespace dip::bench {

// "AMD EPYC, 2 cores, Linux 6.1.0"
[[nodiscard]] std::string machine();

// The system's load average of the last minute: what else kept the cores busy.
[[nodiscard]] double load_average();

// Milliseconds of CPU that a process or thread has used.
[[nodiscard]] double cpu_ms(clockid_t of);

// The value that `share`, 0 to 1, of all are not above. `values` must not be empty.
[[nodiscard]] double quantile(std::vector<double> values, double share);
[[nodiscard]] double median(std::vector<double> values);

}  // namespace dip::bench
