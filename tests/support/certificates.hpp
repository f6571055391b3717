// A certificate authority and a server certificate for 127.0.0.1, made by openssl for one test.
#pragma once

#include <cstdlib>
#include <stdexcept>
#include <string>

#include "tests/support/scratch_dir.hpp"

namespace dip::test {

struct certificates {
  std::string ca, cert, key;
};

inline certificates make_certificates(const scratch_dir& in) {
  const auto run = [&](const std::string& arguments) {
    const std::string command = "cd '" + in.text() + "' && openssl " + arguments + " 2>openssl.log";
    if (std::system(command.c_str()) != 0) throw std::runtime_error("openssl " + arguments);
  };
  const std::string key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes ";
  in.write("san", "subjectAltName=IP:127.0.0.1,DNS:localhost\n");
  run("req -x509 " + key + "-keyout ca.key -out ca.pem -days 2 -subj /CN=test-ca");
  run("req " + key + "-keyout server.key -out server.csr -subj /CN=localhost");
  run("x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2 -extfile "
      "san");
  return {in / "ca.pem", in / "server.pem", in / "server.key"};
}

}  // namespace dip::test
