// Addresses as they stand in configuration and in messages.
#pragma once

#include <string>
#include <string_view>

namespace dip {

struct mailbox {
  std::string name;     // display name, printable; may be empty
  std::string address;  // passes `check_address`, or is empty when there was none
};

// Reads "DIP <dip@localhost>", "\"D, I\" <dip@localhost>" or "dip@localhost".
[[nodiscard]] mailbox read_mailbox(std::string_view text);

// The spelling under which an address is remembered: in lower case. No server tells Owner@ from owner@.
[[nodiscard]] std::string normal_address(std::string_view address);

// What follows the @; of an address that passes `check_address`.
[[nodiscard]] std::string_view domain_of(std::string_view address);

}  // namespace dip
