#include "actors/envelope.hpp"

namespace dip {

result<envelope> parse_envelope(std::string_view bytes) {
  if (bytes.size() > max_envelope)
    return fail(errc::too_large, "an envelope of " + std::to_string(bytes.size()) + " bytes");
  auto e = decode<envelope>(bytes);
  if (!e || e->form > envelope_form::ack) return fail(errc::corrupt, "not an envelope");
  return std::move(*e);
}

}  // namespace dip
