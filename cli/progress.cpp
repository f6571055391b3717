#include "cli/progress.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/text.hpp"

namespace dip::cli {
namespace {

constexpr std::chrono::seconds window{5};

double seconds(steady_time::duration d) { return std::chrono::duration<double>(d).count(); }

double ratio(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 1.0 : static_cast<double>(std::min(part, whole)) / static_cast<double>(whole);
}

// Rounded down: 100 % is said when it is true.
std::string percent(double fraction) {
  char out[16];
  std::snprintf(out, sizeof out, "%3d %%", static_cast<int>(std::floor(fraction * 100 + 1e-9)));
  return out;
}

}  // namespace

std::string clock_text(std::uint64_t s) {
  char out[48];
  if (s < 3600)
    std::snprintf(out, sizeof out, "%u:%02u", static_cast<unsigned>(s / 60), static_cast<unsigned>(s % 60));
  else
    std::snprintf(out, sizeof out, "%llu:%02u:%02u", static_cast<unsigned long long>(s / 3600),
                  static_cast<unsigned>(s / 60 % 60), static_cast<unsigned>(s % 60));
  return out;
}

std::string bar(double fraction, size_t columns, const style& with) {
  const auto full = static_cast<size_t>(std::clamp(fraction, 0.0, 1.0) * static_cast<double>(columns));
  std::string done, rest;
  for (size_t i = 0; i < columns; ++i) (i < full ? done : rest) += with.colour ? "━" : (i < full ? "━" : "─");
  return with.busy(done) + with.dim(rest);
}

progress_board::progress_board(const clock& time, size_t files, std::uint64_t total_bytes, bool work_follows)
    : clock_(time),
      files_(files),
      total_bytes_(total_bytes),
      work_follows_(work_follows),
      started_(time.steady()),
      samples_{{started_, 0}} {}

progress_board::handle progress_board::begin(const std::string& name, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  busy_.push_back({next_, printable(name), "", bytes, 0});
  return next_++;
}

progress_board::file* progress_board::find(handle id) {
  const auto found = std::find_if(busy_.begin(), busy_.end(), [&](const file& f) { return f.id == id; });
  return found == busy_.end() ? nullptr : &*found;
}

void progress_board::note_bytes(std::uint64_t more) {
  sent_ += more;
  const auto now = clock_.steady();
  samples_.push_back({now, sent_});
  while (samples_.size() > 2 && now - samples_[1].at >= window) samples_.pop_front();
}

void progress_board::uploaded(handle id, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  file* f = find(id);
  if (!f || bytes <= f->done) return;
  note_bytes(bytes - f->done);
  f->done = bytes;
}

void progress_board::phase(handle id, const std::string& word) {
  const std::lock_guard lock(mutex_);
  if (file* f = find(id)) f->phase = word;
}

void progress_board::end(handle id, bool good) {
  const std::lock_guard lock(mutex_);
  const file* f = find(id);
  if (!f) return;
  finished_bytes_ += f->bytes;
  ++(good ? good_ : bad_);
  busy_.remove_if([&](const file& b) { return b.id == id; });
}

double progress_board::fraction() const {
  if (files_ == 0) return 1;
  double way = 0;
  for (const auto& f : busy_)
    way += ratio(f.done, f.bytes) * (work_follows_ ? 0.5 : 1.0) * static_cast<double>(f.bytes);
  if (total_bytes_ == 0) return static_cast<double>(good_ + bad_) / static_cast<double>(files_);
  return std::min(1.0, (way + static_cast<double>(finished_bytes_)) / static_cast<double>(total_bytes_));
}

double progress_board::rate() const {
  const auto now = clock_.steady();
  // What was sent before the window must not make it look faster.
  const auto first =
      std::find_if(samples_.begin(), samples_.end(), [&](const sample& s) { return now - s.at <= window; });
  if (first == samples_.end()) return 0;
  const double span = seconds(now - first->at);
  return span <= 0 ? 0 : static_cast<double>(sent_ - first->bytes) / span;
}

std::string progress_board::overall_line(size_t columns, const style& with) const {
  const double way = fraction();
  const double elapsed = seconds(clock_.steady() - started_);
  std::string count = std::to_string(good_ + bad_) + "/" + std::to_string(files_);
  std::string tail = percent(way);
  if (const double speed = rate(); speed >= 1)
    tail += "  " + human_size(static_cast<std::uint64_t>(speed)) + "/s";
  // Before a little is done, an estimate is a guess.
  if (way >= 0.02 && way < 1 && elapsed >= 1)
    tail += "  " + clock_text(static_cast<std::uint64_t>(std::ceil(elapsed * (1 - way) / way))) + " left";
  std::string bad = bad_ == 0 ? "" : "  " + std::to_string(bad_) + " failed";
  const size_t taken = count.size() + bad.size() + 2 + 2 + display_width(tail);
  if (columns < taken + 5) return shorten(count + "  " + tail, columns);
  return with.bold(count) + with.bad(bad) + "  " + bar(way, std::min<size_t>(columns - taken, 40), with) +
         "  " + tail;
}

std::string progress_board::file_line(const file& f, size_t columns, const style& with) const {
  const bool sending = f.phase.empty();
  const std::string what = sending ? percent(ratio(f.done, f.bytes)) + " of " + human_size(f.bytes) : f.phase;
  const size_t bar_width = sending && columns >= 60 ? 16 : 0;
  const size_t taken = 2 + 2 + display_width(what) + (bar_width == 0 ? 0 : bar_width + 2);
  if (columns <= taken + 4) return shorten("  " + f.name, columns);
  const size_t name_width = std::min<size_t>(columns - taken, 40);
  std::string line = "  " + padded(shorten(f.name, name_width), name_width) + "  ";
  if (bar_width != 0) line += bar(ratio(f.done, f.bytes), bar_width, with) + "  ";
  return line + with.dim(what);
}

std::string progress_board::summary() const {
  const std::lock_guard lock(mutex_);
  const auto elapsed = static_cast<std::uint64_t>(seconds(clock_.steady() - started_));
  return std::to_string(good_) + (good_ == 1 ? " file" : " files") + " in " + clock_text(elapsed) +
         (bad_ == 0 ? "" : ", " + std::to_string(bad_) + " failed");
}

std::vector<std::string> progress_board::lines(size_t columns, size_t most_files, const style& with) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> out{overall_line(columns, with)};
  // One file's own line would say the same again, until it is past its upload.
  if (files_ == 1 && (busy_.empty() || busy_.front().phase.empty())) return out;
  for (const auto& f : busy_) {
    if (out.size() > most_files) break;
    out.push_back(file_line(f, columns, with));
  }
  return out;
}

}  // namespace dip::cli
