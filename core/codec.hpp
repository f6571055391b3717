// How our records become bytes, on disk and between nodes (docs/formats.md, "Records").
//
// A record is a struct with
//     template <class S, class F> static auto fields(S& s, F&& f) { return f(s.a, s.b); }
// Unsigned numbers, enums and strong ids are varints, signed ones zigzag varints, strings and lists carry
// their length, a record inside a record its size in bytes. A field that is added at the end is read as its
// default from older bytes, and skipped by older readers; nothing else may ever change.
#pragma once

#include <bit>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "core/errc.hpp"

namespace dip {

// The first byte of everything that `encode` writes.
inline constexpr unsigned char codec_version = 1;

class encoder {
public:
  template <class... Ts>
  bool operator()(const Ts&... xs) {
    (put(xs), ...);
    return true;
  }

  template <class T>
  void put(const T& x) {
    if constexpr (requires {
                    x.has_value();
                    *x;
                  }) {
      put(x.has_value());
      if (x) put(*x);
    } else if constexpr (std::is_same_v<T, bool>) {
      out_.push_back(x ? '\1' : '\0');
    } else if constexpr (std::is_enum_v<T>) {
      varint(static_cast<std::uint64_t>(x));
    } else if constexpr (std::unsigned_integral<T>) {
      varint(x);
    } else if constexpr (std::signed_integral<T>) {
      const auto v = static_cast<std::int64_t>(x);
      varint((static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63));
    } else if constexpr (std::floating_point<T>) {
      auto bits = std::bit_cast<std::uint64_t>(static_cast<double>(x));
      for (int i = 0; i < 8; ++i, bits >>= 8) out_.push_back(static_cast<char>(bits & 0xff));
    } else if constexpr (requires { x.time_since_epoch(); }) {
      put(x.time_since_epoch().count());
    } else if constexpr (requires {
                           typename T::period;
                           x.count();
                         }) {
      put(x.count());
    } else if constexpr (std::convertible_to<const T&, std::string_view>) {
      const std::string_view s = x;
      varint(s.size());
      out_.append(s);
    } else if constexpr (requires {
                           x.value;
                           typename T::strong_id;
                         }) {
      put(x.value);
    } else if constexpr (requires { x.bytes(); }) {
      out_.append(reinterpret_cast<const char*>(x.bytes().data()), x.bytes().size());
    } else if constexpr (requires {
                           x.index();
                           x.valueless_by_exception();
                         }) {
      varint(x.index());
      std::visit([&](const auto& alternative) { nested(alternative); }, x);
    } else if constexpr (requires {
                           x.begin();
                           x.size();
                         }) {
      varint(x.size());
      for (const auto& element : x) put(element);
    } else if constexpr (std::is_same_v<T, std::monostate>) {
    } else {
      nested(x);
    }
  }

  [[nodiscard]] std::string take() && { return std::move(out_); }

private:
  void varint(std::uint64_t v) {
    while (v >= 0x80) {
      out_.push_back(static_cast<char>((v & 0x7f) | 0x80));
      v >>= 7;
    }
    out_.push_back(static_cast<char>(v));
  }

  template <class T>
  void nested(const T& x) {
    encoder inner;
    if constexpr (requires { T::fields(x, inner); })
      T::fields(x, inner);
    else
      inner.put(x);
    varint(inner.out_.size());
    out_.append(inner.out_);
  }

  std::string out_;
};

// Reads what `encoder` wrote. Any bytes at all are safe to read: `ok()` turns false and stays so.
class decoder {
public:
  explicit decoder(std::string_view bytes) : in_(bytes) {}

  template <class... Ts>
  bool operator()(Ts&... xs) {
    (get_field(xs), ...);
    return ok_;
  }

  template <class T>
  void get(T& x) {
    if (!ok_) return;
    if constexpr (requires {
                    x.has_value();
                    *x;
                    x.reset();
                  }) {
      bool there = false;
      get(there);
      if (there && ok_) get(x.emplace());
    } else if constexpr (std::is_same_v<T, bool>) {
      const auto v = varint();
      if (v > 1) ok_ = false;
      x = v == 1;
    } else if constexpr (std::is_enum_v<T>) {
      const auto v = varint();
      if (v > 0xff) ok_ = false;
      x = static_cast<T>(v);
    } else if constexpr (std::unsigned_integral<T>) {
      const auto v = varint();
      if (!std::in_range<T>(v)) ok_ = false;
      x = static_cast<T>(v);
    } else if constexpr (std::signed_integral<T>) {
      const auto v = varint();
      const auto s = static_cast<std::int64_t>((v >> 1) ^ (~(v & 1) + 1));
      if (!std::in_range<T>(s)) ok_ = false;
      x = static_cast<T>(s);
    } else if constexpr (std::floating_point<T>) {
      const auto raw = take(8);
      std::uint64_t bits = 0;
      for (size_t i = 0; i < raw.size(); ++i)
        bits |= static_cast<std::uint64_t>(static_cast<unsigned char>(raw[i])) << (8 * i);
      x = std::bit_cast<double>(bits);
    } else if constexpr (requires { x.time_since_epoch(); }) {
      typename T::duration::rep count{};
      get(count);
      x = T{typename T::duration{count}};
    } else if constexpr (requires {
                           typename T::period;
                           x.count();
                         }) {
      typename T::rep count{};
      get(count);
      x = T{count};
    } else if constexpr (std::is_same_v<T, std::string>) {
      x = take(varint());
    } else if constexpr (requires {
                           x.value;
                           typename T::strong_id;
                         }) {
      get(x.value);
    } else if constexpr (requires {
                           x.bytes();
                           T::from_bytes(std::string_view{});
                         }) {
      if (const auto raw = take(T::size); ok_) x = T::from_bytes(raw);
    } else if constexpr (requires {
                           x.index();
                           x.valueless_by_exception();
                         }) {
      get_variant(x, varint(), std::make_index_sequence<std::variant_size_v<T>>{});
    } else if constexpr (requires {
                           x.emplace_back();
                           x.clear();
                         }) {
      const auto count = varint();
      x.clear();
      // Each element takes a byte at least: a count beyond what is left is a lie, and must not reserve
      // memory.
      if (count > in_.size()) ok_ = false;
      for (std::uint64_t i = 0; ok_ && i < count; ++i) get(x.emplace_back());
    } else if constexpr (std::is_same_v<T, std::monostate>) {
    } else {
      nested(x);
    }
  }

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return in_.empty(); }

private:
  // A record that ends early was written before this field existed: the field keeps its default.
  template <class T>
  void get_field(T& x) {
    if (ok_ && !in_.empty()) get(x);
  }

  std::uint64_t varint() {
    std::uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (in_.empty()) break;
      const auto byte = static_cast<unsigned char>(in_.front());
      in_.remove_prefix(1);
      if (shift == 63 && byte > 1) break;
      v |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return v;
    }
    ok_ = false;
    return 0;
  }

  std::string_view take(std::uint64_t count) {
    if (count > in_.size()) {
      ok_ = false;
      return {};
    }
    const auto piece = in_.substr(0, count);
    in_.remove_prefix(count);
    return piece;
  }

  template <class T>
  void nested(T& x) {
    decoder inner{take(varint())};
    if (!ok_) return;
    if constexpr (requires { T::fields(x, inner); })
      T::fields(x, inner);
    else
      inner.get(x);
    ok_ = inner.ok_;
  }

  template <class V, size_t... I>
  void get_variant(V& x, std::uint64_t index, std::index_sequence<I...>) {
    const bool known = ((index == I ? (nested(x.template emplace<I>()), true) : false) || ...);
    if (!known) ok_ = false;
  }

  std::string_view in_;
  bool ok_ = true;
};

template <class T>
[[nodiscard]] std::string encode(const T& x) {
  encoder e;
  e.put(std::uint8_t{codec_version});
  T::fields(x, e);
  return std::move(e).take();
}

// Errors: `corrupt` when the bytes are not such a record, or of a version that this program does not know.
template <class T>
[[nodiscard]] result<T> decode(std::string_view bytes) {
  decoder d{bytes};
  std::uint8_t version = 0;
  d.get(version);
  if (!d.ok() || version != codec_version) return fail(errc::corrupt, "a record of an unknown version");
  T x{};
  T::fields(x, d);
  if (!d.ok()) return fail(errc::corrupt, "a record that cannot be read");
  return x;
}

}  // namespace dip
