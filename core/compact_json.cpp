#include "core/compact_json.hpp"

#include <nlohmann/json.hpp>

namespace dip {
namespace {

// Writes what it is told of, once the member has begun. nlohmann's reader gives the text of a number only
// where it reads it as a float; integers of 64 bits are their own text.
class member_writer : public nlohmann::json_sax<nlohmann::json> {
public:
  explicit member_writer(std::string_view name) : name_(name) {}

  [[nodiscard]] std::string take() { return std::move(out_); }

  bool null() override { return put("null"); }
  bool boolean(bool value) override { return put(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return put(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return put(std::to_string(value)); }
  bool number_float(number_float_t /*value*/, const string_t& text) override { return put(text); }
  bool string(string_t& text) override { return put(nlohmann::json(text).dump()); }
  bool binary(binary_t& /*value*/) override { return false; }
  bool start_object(size_t /*count*/) override { return open('{'); }
  bool end_object() override { return close('}'); }
  bool start_array(size_t /*count*/) override { return open('['); }
  bool end_array() override { return close(']'); }
  bool key(string_t& name) override {
    if (depth_ == 1) {
      inside_ = name == name_;
      first_ = true;
    } else if (inside_) {
      separate();
      out_ += nlohmann::json(name).dump() + ':';
      first_ = true;  // its value needs no comma
    }
    return true;
  }
  bool parse_error(size_t /*at*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*why*/) override {
    return false;
  }

private:
  void separate() {
    if (!first_) out_ += ',';
    first_ = false;
  }
  bool put(std::string_view text) {
    if (!inside_) return true;
    separate();
    out_ += text;
    return true;
  }
  bool open(char bracket) {
    put(std::string_view{&bracket, 1});
    if (inside_) first_ = true;
    ++depth_;
    return true;
  }
  bool close(char bracket) {
    --depth_;
    if (inside_ && depth_ > 0) out_ += bracket;
    first_ = false;
    return true;
  }

  const std::string_view name_;
  std::string out_;
  int depth_ = 0;
  bool inside_ = false;
  bool first_ = true;
};

}  // namespace

std::string compact_member(std::string_view text, std::string_view name) {
  member_writer writer{name};
  (void)nlohmann::json::sax_parse(text, &writer);
  return writer.take();
}

}  // namespace dip
