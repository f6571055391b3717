#include "bench/mix/figures.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>

#include <sys/utsname.h>
#include <unistd.h>

namespace dip::bench {

std::string machine() {
  std::ifstream cpus{"/proc/cpuinfo"};
  std::string model = "unknown processor";
  for (std::string line; std::getline(cpus, line);)
    if (line.starts_with("model name")) {
      model = line.substr(line.find(':') + 2);
      break;
    }
  utsname system{};
  ::uname(&system);
  return model + ", " + std::to_string(::sysconf(_SC_NPROCESSORS_ONLN)) + " cores, " + system.sysname + ' ' +
         system.release;
}

double load_average() {
  double last_minute = 0;
  return ::getloadavg(&last_minute, 1) == 1 ? last_minute : 0;
}

double cpu_ms(clockid_t of) {
  timespec now{};
  ::clock_gettime(of, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

double quantile(std::vector<double> values, double share) {
  std::ranges::sort(values);
  const auto last = static_cast<double>(values.size() - 1);
  return values[static_cast<size_t>(std::lround(last * share))];
}

double median(std::vector<double> values) { return quantile(std::move(values), 0.5); }

}  // namespace dip::bench
