// A Python program beside a test: it prints a line of JSON when it is ready, and ends when its standard input
// does.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "tests/support/piped_child.hpp"

namespace dip::test {

class python_child {
public:
  // `arguments[0]` is the script, from the repository's root, where tests run.
  explicit python_child(std::vector<std::string> arguments)
      : child_([&] {
          // Debian's own, which has python3-aiosmtpd.
          arguments.insert(arguments.begin(), "/usr/bin/python3");
          return arguments;
        }()) {
    hello_ = nlohmann::json::parse(line());
  }

  [[nodiscard]] const nlohmann::json& hello() const { return hello_; }
  // Waits for the child's next line.
  std::string line() {
    std::string text;
    char c = 0;
    while (::read(child_.from, &c, 1) == 1 && c != '\n') text += c;
    return text;
  }

private:
  piped_child child_;
  nlohmann::json hello_;
};

}  // namespace dip::test
