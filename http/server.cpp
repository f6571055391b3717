#include "http/server.hpp"

#include "http/gate.hpp"

namespace dip::http {

server::server(router routes, const clock& time, access_log log, server_options options)
    : gate_(std::make_unique<gate>(std::move(routes), time, std::move(log), std::move(options))) {}

server::~server() { gate_->stop(milliseconds{0}); }

result<std::uint16_t> server::start(const std::string& host, std::uint16_t port) {
  return gate_->start(host, port);
}

void server::stop(milliseconds within) { gate_->stop(within); }

server_figures server::figures() const { return gate_->figures(); }

}  // namespace dip::http
