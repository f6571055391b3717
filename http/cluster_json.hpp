#pragma once

#include <string>

#include "http/ports.hpp"

namespace dip::http {

// The answer to GET /cluster, as api_cluster.cpp describes it.
[[nodiscard]] std::string cluster_json(const cluster_picture& c);

}  // namespace dip::http
