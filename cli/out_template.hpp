// --out: where results go.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/input_files.hpp"
#include "core/errc.hpp"

namespace dip::cli {

// What is known of one result. All of it is from a node and may be anything.
struct result_facts {
  std::string name = {};  // the output's
  std::string key = {};   // the object's, or its URL: its extension is the format's
  std::string id = {};    // the request's
  std::uint64_t width = 0, height = 0;
  bool single = true;  // the request has no other output
};

// One of
//   "-"                standard output, for one result
//   "thumbs"           a directory: "thumbs/{dir}/{stem}.{ext}", "…/{stem}-{name}.{ext}" of several outputs
//   "small.webp"       one file, where that is no directory: the extension is an image format's
//   "{stem}-s.{ext}"   a template of {dir} {file} {stem} {name} {ext} {width} {height} {id}; {{ and }} are
//                      braces
// What a placeholder gives never leads out of the directory that is written before it.
class out_template {
public:
  // Errors: `bad_request` with a sentence.
  [[nodiscard]] static result<out_template> parse(const std::string& text);

  [[nodiscard]] bool is_stdout() const { return stdout_; }
  // Whether the results of several files have names of their own.
  [[nodiscard]] bool takes_many() const { return takes_many_; }
  // The format that the name of the one file asks for, or "".
  [[nodiscard]] const std::string& format() const { return format_; }
  // The directory that all results are in, without a slash at its end; "" is the working directory.
  [[nodiscard]] std::string base_dir() const;
  [[nodiscard]] std::string path_of(const input_file& input, const result_facts& facts) const;

private:
  struct piece {
    bool placeholder;
    std::string text;
  };
  using component = std::vector<piece>;

  result<void> read(std::string_view text);

  bool stdout_ = false, takes_many_ = false, from_root_ = false;
  std::string format_;
  std::vector<component> components_;
};

}  // namespace dip::cli
