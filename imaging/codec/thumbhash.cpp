#include "imaging/codec/thumbhash.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

namespace dip::pixels {
namespace {

using plane = std::vector<double>;

struct size {
  std::uint32_t width, height;
  [[nodiscard]] size_t pixels() const { return size_t{width} * height; }
};

// Luminance, yellow against blue, red against green, alpha: over the average colour, where it is see-through.
struct planes {
  plane l, p, q, a;
  bool has_alpha = false;
};

std::array<double, 4> average(std::span<const std::uint8_t> rgba) {
  std::array<double, 4> sum{};
  for (size_t i = 0; i < rgba.size(); i += 4) {
    const double alpha = rgba[i + 3] / 255.0;
    for (size_t band = 0; band < 3; ++band) sum[band] += alpha / 255 * rgba[i + band];
    sum[3] += alpha;
  }
  if (sum[3] > 0)
    for (size_t band = 0; band < 3; ++band) sum[band] /= sum[3];
  return sum;
}

planes convert(std::span<const std::uint8_t> rgba) {
  const auto mean = average(rgba);
  planes made;
  made.has_alpha = mean[3] < static_cast<double>(rgba.size() / 4);
  for (size_t i = 0; i < rgba.size(); i += 4) {
    const double alpha = rgba[i + 3] / 255.0;
    const auto band = [&](size_t n) { return mean[n] * (1 - alpha) + alpha / 255 * rgba[i + n]; };
    const double r = band(0), g = band(1), b = band(2);
    made.l.push_back((r + g + b) / 3);
    made.p.push_back((r + g) / 2 - b);
    made.q.push_back(r - g);
    made.a.push_back(alpha);
  }
  return made;
}

struct channel {
  double dc = 0;
  double scale = 0;
  plane ac;  // 0 to 1
};

double coefficient(const plane& values, size of, std::uint32_t cx, std::uint32_t cy) {
  plane fx;
  for (std::uint32_t x = 0; x < of.width; ++x)
    fx.push_back(std::cos(std::numbers::pi / of.width * cx * (x + 0.5)));
  double sum = 0;
  for (std::uint32_t y = 0; y < of.height; ++y) {
    const double fy = std::cos(std::numbers::pi / of.height * cy * (y + 0.5));
    for (std::uint32_t x = 0; x < of.width; ++x) sum += values[x + size_t{y} * of.width] * fx[x] * fy;
  }
  return sum / static_cast<double>(of.pixels());
}

channel transform(const plane& values, size of, std::uint32_t nx, std::uint32_t ny) {
  channel made;
  for (std::uint32_t cy = 0; cy < ny; ++cy)
    for (std::uint32_t cx = 0; cx * ny < nx * (ny - cy); ++cx) {
      const double f = coefficient(values, of, cx, cy);
      if (cx == 0 && cy == 0) {
        made.dc = f;
        continue;
      }
      made.ac.push_back(f);
      made.scale = std::max(made.scale, std::abs(f));
    }
  if (made.scale > 0)
    for (auto& f : made.ac) f = 0.5 + 0.5 / made.scale * f;
  return made;
}

std::uint32_t rounded(double value) {
  return static_cast<std::uint32_t>(std::max(0.0, std::floor(value + 0.5)));
}

void put(std::string& out, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i, value >>= 8) out.push_back(static_cast<char>(value & 255));
}

void put_nibbles(std::string& out, std::span<const channel* const> channels) {
  bool high = false;
  for (const auto* one : channels)
    for (const double f : one->ac) {
      const auto nibble = rounded(15 * f);
      if (high)
        out.back() = static_cast<char>(static_cast<unsigned char>(out.back()) | nibble << 4);
      else
        out.push_back(static_cast<char>(nibble));
      high = !high;
    }
}

}  // namespace

std::string thumbhash(std::uint32_t width, std::uint32_t height, std::span<const std::uint8_t> rgba) {
  const size of{width, height};
  const auto values = convert(rgba);
  const double limit = values.has_alpha ? 5 : 7, longest = std::max(width, height);
  const auto lx = std::max(1U, rounded(limit * width / longest));
  const auto ly = std::max(1U, rounded(limit * height / longest));
  const auto l = transform(values.l, of, std::max(3U, lx), std::max(3U, ly));
  const auto p = transform(values.p, of, 3, 3), q = transform(values.q, of, 3, 3);
  const auto a = values.has_alpha ? transform(values.a, of, 5, 5) : channel{};
  const bool landscape = width > height;

  std::string hash;
  put(hash,
      rounded(63 * l.dc) | rounded(31.5 + 31.5 * p.dc) << 6 | rounded(31.5 + 31.5 * q.dc) << 12 |
          rounded(31 * l.scale) << 18 | std::uint32_t{values.has_alpha} << 23,
      3);
  put(hash,
      (landscape ? ly : lx) | rounded(63 * p.scale) << 3 | rounded(63 * q.scale) << 9 |
          std::uint32_t{landscape} << 15,
      2);
  if (values.has_alpha) put(hash, rounded(15 * a.dc) | rounded(15 * a.scale) << 4, 1);
  const std::array all{&l, &p, &q, &a};
  put_nibbles(hash, std::span{all}.first(values.has_alpha ? 4 : 3));
  return hash;
}

}  // namespace dip::pixels
