#include "http/console_routes.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>

#include "http/conditional.hpp"
#include "http/problem.hpp"

namespace dip::http {
namespace {

// All that it loads is its own; pictures that need a key are fetched by it and shown as blobs. Nobody frames
// it.
constexpr std::string_view policy =
    "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// The weight of one member of a list such as "br;q=0.5" (RFC 9110, section 12.4.2). What is no number is 0: a
// coding that was not asked for in clear words is not sent.
double weight_of(std::string_view parameters) {
  const auto q = trimmed(parameters);
  if (q.empty()) return 1;
  if (!equal_ignoring_case(q.substr(0, 2), "q=")) return 0;
  const std::string number{q.substr(2)};
  char* end = nullptr;
  const double value = std::strtod(number.c_str(), &end);
  return !number.empty() && *end == '\0' && value >= 0 && value <= 1 ? value : 0;
}

// How much a client wants a coding (section 12.5.3); "*" speaks for those that are not named.
double wanted(std::string_view accepted, std::string_view coding) {
  double others = 0;
  while (!accepted.empty()) {
    const auto comma = accepted.find(',');
    const auto one = accepted.substr(0, comma);
    accepted = comma == std::string_view::npos ? std::string_view{} : accepted.substr(comma + 1);
    const auto semicolon = one.find(';');
    const auto name = trimmed(one.substr(0, semicolon));
    const auto weight = semicolon == std::string_view::npos ? 1 : weight_of(one.substr(semicolon + 1));
    if (equal_ignoring_case(name, coding)) return weight;
    if (name == "*") others = weight;
  }
  return others;
}

struct variant {
  std::string_view coding;  // empty: as it is
  std::string_view bytes;
};

variant choose(const console_file& file, std::string_view accepted) {
  const double brotli = file.brotli.empty() ? 0 : wanted(accepted, "br");
  const double gzip = file.gzip.empty() ? 0 : wanted(accepted, "gzip");
  if (brotli > 0 && brotli >= gzip) return {"br", file.brotli};
  if (gzip > 0) return {"gzip", file.gzip};
  return {{}, file.bytes};
}

// A strong tag is of the very bytes that are sent (section 8.8.3).
std::string etag_of(const console_file& file, std::string_view coding) {
  std::string out{file.etag};
  if (!coding.empty()) out.insert(out.size() - 1, "-" + std::string{coding});
  return out;
}

http_response give(const http_request& r, const console_file& file) {
  const auto chosen = choose(file, r.header("Accept-Encoding").value_or(""));
  // It has no date of its own: If-Modified-Since never holds.
  const validators current{etag_of(file, chosen.coding), wall_time::max()};
  http_response out{
      .headers = {{"ETag", current.etag},
                  {"Cache-Control", file.immutable ? "public, max-age=31536000, immutable" : "no-cache"},
                  {"Vary", "Accept-Encoding"},
                  {"Content-Security-Policy", std::string{policy}},
                  {"X-Content-Type-Options", "nosniff"},
                  {"Referrer-Policy", "no-referrer"}}};
  if (not_modified(r, current)) {
    out.status = 304;
    return out;
  }
  if (!chosen.coding.empty()) out.headers.emplace_back("Content-Encoding", chosen.coding);
  out.content_type = file.content_type;
  out.body = chosen.bytes;
  return out;
}

http_response find(const http_request& r, std::span<const console_file> files) {
  if (files.empty())
    return make_problem(
        {errc::not_found,
         "this dip was built without the web console (DIP_CONSOLE=OFF); dip top shows the same "
         "in a terminal",
         {}},
        r.id);
  std::string path;
  for (const auto& part : r.args) path += (path.empty() ? "" : "/") + part;
  if (path.empty()) path = "index.html";
  const auto found = std::ranges::find(files, path, &console_file::path);
  if (found == files.end()) return make_problem({errc::not_found, "the console has no such file", {}}, r.id);
  return give(r, *found);
}

// Relative: what is before /console is a reverse proxy's business.
http_response redirect(const http_request&) {
  return {.status = 308, .headers = {{"Location", "console/"}, {"Cache-Control", "no-cache"}}};
}

}  // namespace

void add_console_routes(router& to, std::span<const console_file> files) {
  const auto answer = [files](const http_request& r) { return find(r, files); };
  to.add(
      {.method = "GET",
       .pattern = "/console",
       .answer = [files, answer](const http_request& r) { return files.empty() ? answer(r) : redirect(r); },
       .counted = false});
  to.add({.method = "GET",
          .pattern = "/console/{path...}",
          .answer = answer,
          .counted = false,
          .at_once = answer});
}

}  // namespace dip::http
