#include <algorithm>
#include <cstdio>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/screen.hpp"
#include "core/text.hpp"

namespace dip::cli {

using nlohmann::json;

int run_cancel(const common_options& common, const std::vector<std::string>& ids) {
  const interrupt_watch watch;
  node_api api(common.node);
  int worst = done;
  for (const auto& id : ids) {
    const auto cancelled = api.cancel(id);
    json line{{"id", printable(id)}};
    if (cancelled) {
      line["status"] = "cancelled";
      if (!common.json) std::puts((printable(id) + "\tcancelled").c_str());
    } else {
      const auto& problem = cancelled.error();
      line["error"] = {{"detail", problem.text}};
      worst = std::max<int>(worst, exit_code_of(problem));
      if (problem.what == node_error::kind::interrupted) return worst;
      complain((problem.what == node_error::kind::refused ? printable(id) + ": " : "") + problem.text);
    }
    if (common.json) std::puts(line.dump().c_str());
    if (!cancelled && cancelled.error().what == node_error::kind::unreachable) return worst;
  }
  return worst;
}

int run_info(const common_options& common, const std::string& file) {
  const interrupt_watch watch;
  const auto info = node_api(common.node).describe(file);
  if (!info) {
    complain(info.error().text);
    return exit_code_of(info.error());
  }
  if (common.json) {
    print_json(*info);
    return done;
  }
  const auto shown = display::of_this_process();
  const auto fact = [&](const char* name, const std::string& value) {
    if (!value.empty()) std::puts((shown.out.dim(padded(name, 10)) + value).c_str());
  };
  const auto pages = number_of(*info, "pages");
  fact("name", text_of(*info, "name"));
  fact("url", text_of(*info, "url"));
  fact("format", text_of(*info, "format"));
  fact("pixels", pixels_of(*info) + (pages > 1 ? ", " + std::to_string(pages) + " pages" : "") +
                     (info->value("has_alpha", json()) == json(true) ? ", with transparency" : ""));
  fact("colours", text_of(*info, "colour_space") + (info->value("depth", 8) == 16 ? ", 16 bits" : "") +
                      (info->value("has_profile", json()) == json(true) ? ", with a profile" : ""));
  fact("mostly", text_of(*info, "dominant_colour"));
  fact("damaged", printable(text_of(*info, "damage")));
  if (const auto exif = info->find("exif"); exif != info->end() && exif->is_object())
    for (const auto& [name, value] : exif->items())
      if (value.is_string()) fact(name.c_str(), printable(value.get<std::string>()));
  fact("size", human_size(number_of(*info, "size")));
  fact("sha256", text_of(*info, "sha256"));
  fact("created", short_time(text_of(*info, "created_at")));
  fact("kept until", short_time(text_of(*info, "expires_at")));
  return done;
}

}  // namespace dip::cli
