// Commands on other machines, by the ssh that is in PATH.
#pragma once

#include <string>
#include <vector>

#include "core/errc.hpp"

namespace dip {

// The words of a shell's command line, quoted so that each arrives as it is.
[[nodiscard]] std::string quoted(const std::vector<std::string>& words);

// ssh's command line to run `words` there. It asks for nothing: who types has a key that opens that machine.
[[nodiscard]] std::vector<std::string> ssh_words(const std::string& destination,
                                                 const std::vector<std::string>& words);

inline constexpr int ssh_failed = 255;

struct ssh_answer {
  int status = 0;  // of the command, or `ssh_failed`
  std::string out, err;
};

// Runs it to its end. `io` when there is no ssh. Any thread.
[[nodiscard]] result<ssh_answer> call_over_ssh(const std::string& destination,
                                               const std::vector<std::string>& words);

}  // namespace dip
