#pragma once

#include <memory>

#include "actors/environment.hpp"
#include "actors/stage.hpp"
#include "notify/mail.hpp"

namespace dip {

// Renders the owner's e-mail and hands it to the transport. `public_url` makes the links.
[[nodiscard]] std::unique_ptr<stage> make_notify_stage(const environment* env, mail_transport* transport,
                                                       std::string public_url);

}  // namespace dip
