#pragma once

#include "http/ports.hpp"
#include "runtime/asking.hpp"
#include "runtime/node_rows.hpp"

namespace dip {

// The operator's view of notifications: what is sent again, and where nothing is sent any more.
class node_notifications final : public http::notifications_port {
public:
  node_notifications(asking ask, node_rows& rows) : ask_(ask), rows_(rows) {}

  result<request_record> resend(const request_id& id) override;
  result<http::page<suppression_row>> suppressions(std::uint32_t limit, std::string_view cursor) override;
  result<void> clear_suppression(std::string_view address) override;

private:
  asking ask_;
  node_rows& rows_;
};

}  // namespace dip
