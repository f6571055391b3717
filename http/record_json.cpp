#include "http/record_json.hpp"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "core/clock.hpp"
#include "core/image_format.hpp"
#include "core/recipe.hpp"

namespace dip::http {
namespace {

using json = nlohmann::ordered_json;

std::string text(const json& j) { return j.dump(-1, ' ', false, json::error_handler_t::replace); }

// A time that was never set is null.
json time(wall_time t) { return t == wall_time{} ? json{} : json(to_rfc3339(t)); }

json uploaded(const object_row& row, const std::string& origin) {
  return {{"bucket", to_string(row.name.in)},
          {"key", row.name.key},
          {"url", url_of(row.name, origin)},
          {"size", row.size},
          {"sha256", row.sha256},
          {"content_type", row.content_type},
          {"format", spec_of(row.header.format).name},
          {"width", row.header.upright_width()},
          {"height", row.header.upright_height()},
          {"pages", row.header.pages},
          {"has_alpha", row.header.has_alpha}};
}

json file(const object_row& row, const std::string& origin) {
  auto out = uploaded(row, origin);
  out["orientation"] = row.header.orientation;
  out["name"] = row.original_name;
  out["created_at"] = time(row.created_at);
  out["expires_at"] = time(row.expires_at);
  return out;
}

std::string hex_colour(std::uint32_t rgb) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out = "#";
  for (int shift = 20; shift >= 0; shift -= 4) out += digits[rgb >> shift & 15];
  return out;
}

json exif(const image_info& told) {
  auto out = json::object();
  for (const auto& [name, value] : told.exif) out[name] = value;
  return out;
}

json info(const object_row& row, const image_info& told, const std::string& origin) {
  auto out = file(row, origin);
  const bool whole = told.damage.empty();
  const bool moves = !told.delays.empty();
  out["depth"] = told.header.bits;
  out["colour_space"] = told.colour_space;
  out["has_profile"] = told.header.has_profile;
  out["progressive"] = told.header.interlaced;
  out["dominant_colour"] = whole ? json(hex_colour(told.dominant)) : json{};
  out["thumbhash"] = whole ? json(told.thumbhash) : json{};
  out["damage"] = whole ? json{} : json(told.damage);
  out["exif"] = exif(told);
  out["delays"] = told.delays;
  out["loop"] = moves ? json(told.loop) : json{};
  return out;
}

constexpr std::array failures{errc::invalid_image,     errc::too_many_pixels, errc::invalid_operation,
                              errc::unsupported_media, errc::too_large,       errc::timeout,
                              errc::worker_crashed,    errc::not_found,       errc::disk_full,
                              errc::internal};

errc told(errc code) { return std::ranges::find(failures, code) == failures.end() ? errc::internal : code; }

json outputs(const request_record& r, const std::string& origin) {
  auto out = json::array();
  for (const auto& o : r.outputs)
    out.push_back({{"name", o.name},
                   {"url", url_of(o.object, origin)},
                   {"format", spec_of(o.format).name},
                   {"width", o.width},
                   {"height", o.height},
                   {"size", o.size}});
  return out;
}

json event(const timeline_event& e) {
  return {{"at", time(e.at)},
          {"status", to_string(e.status)},
          {"node", e.node},
          {"worker", e.worker},
          {"took_ms", e.took_ms}};
}

json timeline(const request_record& r) {
  auto out = json::array();
  for (const auto& e : r.timeline) out.push_back(event(e));
  return out;
}

// `detail` is what the other side said last: why it failed, above all.
json notification(const request_record& r) {
  const auto said = [](const std::string& detail) { return detail.empty() ? json{} : json(detail); };
  return {{"email", to_string(r.email_state)},
          {"webhook", to_string(r.webhook_state)},
          {"email_detail", said(r.notification_detail)},
          {"webhook_detail", said(r.webhook_detail)}};
}

json request(const request_record& r, const std::string& origin) {
  json out{{"id", r.id.text()},
           {"status", to_string(r.status)},
           {"run", r.run},
           {"file", url_of(r.file, origin)},
           {"file_name", r.file_name},
           {"preset", r.preset.empty() ? json{} : json(r.preset)}};
  out["operations"] = json::array();
  for (const auto& op : r.what.operations) out["operations"].push_back(json::parse(to_json(op).dump()));
  out["outputs"] = outputs(r, origin);
  out["error"] = json{};
  if (r.failure)
    out["error"] = {{"code", to_string(told(r.failure->code))},
                    {"detail", r.failure->detail},
                    {"stage", r.failure->stage}};
  out["notification"] = notification(r);
  out["attempts"] = {
      {"preprocess", r.preprocess_attempts}, {"process", r.process_attempts}, {"notify", r.notify_attempts}};
  out["timeline"] = timeline(r);
  out["created_at"] = time(r.created_at);
  out["updated_at"] = time(r.updated_at);
  out["expires_at"] = time(r.expires_at);
  return out;
}

// Parsing the caller's object again could change its numbers and doubled keys: it is put in as it is.
std::string request_text(const request_record& r, const std::string& origin, bool stale) {
  auto fields = request(r, origin);
  fields["stale"] = stale;
  auto out = text(fields);
  out.pop_back();
  return out + ",\"metadata\":" + (r.metadata_json.empty() ? "null" : r.metadata_json) + "}";
}

template <class T, class F>
std::string page_text(const char* name, const page<T>& rows, F row_text) {
  std::string items;
  for (const auto& row : rows.items) items += (items.empty() ? "" : ",") + row_text(row);
  json tail{{"next_cursor", rows.next_cursor.empty() ? json{} : json(rows.next_cursor)},
            {"stale", rows.stale}};
  return "{\"" + std::string{name} + "\":[" + items + "]," + text(tail).substr(1);
}

}  // namespace

std::span<const errc> failure_codes() { return failures; }

std::string url_of(const object_name& name, const std::string& origin) {
  return origin + "/files/" + name.path();
}

std::string uploaded_json(const object_row& row, const std::string& origin) {
  return text(uploaded(row, origin));
}

std::string info_json(const object_row& row, const image_info& told, const std::string& origin) {
  return text(info(row, told, origin));
}

std::string files_json(const page<object_row>& rows, const std::string& origin) {
  return page_text("files", rows, [&](const object_row& row) { return text(file(row, origin)); });
}

std::string accepted_json(const request_record& r, const std::string& origin) {
  const auto url = origin + "/requests/" + r.id.text();
  return text({{"id", r.id.text()},
               {"status", to_string(r.status)},
               {"status_url", url},
               {"events_url", url + "/events"}});
}

std::string suppressions_json(const page<suppression_row>& rows) {
  return page_text("suppressions", rows, [](const suppression_row& row) {
    return text({{"address", row.address},
                 {"since", time(row.since)},
                 {"detail", row.detail},
                 {"request", row.request.text()}});
  });
}

std::string timeline_json(const timeline_event& e) { return text(event(e)); }

std::string request_json(const request_record& r, const std::string& origin, bool stale) {
  return request_text(r, origin, stale);
}

std::string requests_json(const page<request_record>& records, const std::string& origin) {
  return page_text("requests", records,
                   [&](const request_record& r) { return request_text(r, origin, records.stale); });
}

}  // namespace dip::http
