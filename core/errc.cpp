#include "core/errc.hpp"

#include <array>
#include <utility>

namespace dip {
namespace {

constexpr std::array<std::pair<errc, std::string_view>, 30> words{{
    {errc::bad_request, "bad_request"},
    {errc::unauthorized, "unauthorized"},
    {errc::forbidden, "forbidden"},
    {errc::not_found, "not_found"},
    {errc::method_not_allowed, "method_not_allowed"},
    {errc::timeout, "timeout"},
    {errc::headers_too_large, "headers_too_large"},
    {errc::http_version, "http_version"},
    {errc::conflict, "conflict"},
    {errc::length_required, "length_required"},
    {errc::too_large, "too_large"},
    {errc::unsupported_media, "unsupported_media"},
    {errc::precondition_failed, "precondition_failed"},
    {errc::bad_range, "bad_range"},
    {errc::invalid_image, "invalid_image"},
    {errc::too_many_pixels, "too_many_pixels"},
    {errc::invalid_operation, "invalid_operation"},
    {errc::idempotency_mismatch, "idempotency_mismatch"},
    {errc::rate_limited, "rate_limited"},
    {errc::internal, "internal"},
    {errc::overloaded, "overloaded"},
    {errc::no_quorum, "no_quorum"},
    {errc::draining, "draining"},
    {errc::disk_full, "disk_full"},
    {errc::worker_crashed, "worker_crashed"},
    {errc::stale_lease, "stale_lease"},
    {errc::stage_lost, "stage_lost"},
    {errc::corrupt, "corrupt"},
    {errc::io, "io"},
    {errc::not_leader, "not_leader"},
}};

}  // namespace

tl::unexpected<error> fail(errc code, std::string detail, std::string pointer) {
  return tl::make_unexpected(error{code, std::move(detail), std::move(pointer)});
}

std::string_view to_string(errc code) noexcept {
  for (const auto& [value, word] : words)
    if (value == code) return word;
  return "internal";
}

errc parse_errc(std::string_view word) noexcept {
  for (const auto& [value, w] : words)
    if (w == word) return value;
  return errc::internal;
}

bool may_pass(errc code) noexcept {
  switch (code) {
    case errc::timeout:
    case errc::worker_crashed:
    case errc::internal:
    case errc::overloaded:
    case errc::no_quorum:
    case errc::draining:
    case errc::disk_full:
    case errc::not_leader:
    case errc::stage_lost:
    case errc::corrupt:
    case errc::io: return true;
    default: return false;
  }
}

}  // namespace dip
