// A real SMTP server beside a test, on a port of its own; the test asks what it received.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/support/python_child.hpp"

namespace dip::test {

class mail_server {
public:
  // `options` as of smtp_server.py.
  explicit mail_server(std::vector<std::string> options = {}) : child_(command(std::move(options))) {}

  [[nodiscard]] std::string url(const std::string& scheme = "smtp") const {
    return scheme + "://127.0.0.1:" + std::to_string(child_.hello()["port"].get<int>());
  }
  // Waits for the next message.
  nlohmann::json received() { return nlohmann::json::parse(child_.line()); }

private:
  static std::vector<std::string> command(std::vector<std::string> options) {
    options.insert(options.begin(), "tests/support/smtp_server.py");
    return options;
  }

  python_child child_;
};

}  // namespace dip::test
