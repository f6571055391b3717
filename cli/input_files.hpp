// What stands for files on a command line: files, directories, globs.
#pragma once

#include <string>
#include <vector>

namespace dip::cli {

struct input_file {
  std::string path;  // "-" is standard input
  std::string dir;   // below the directory that it was found in, without slashes at its ends; else empty
};

struct input_list {
  std::vector<input_file> files;        // in the order of the arguments, below each sorted by name
  std::vector<std::string> left_out;    // found, but no images
  std::vector<std::string> unreadable;  // sentences about directories
};

// A directory is walked with all below it, and so is one that a glob finds; `*`, `?`, `[…]` and `**` (any
// number of directories) are a glob where no file has that very name. Of what is found by walking and by
// globs, hidden files and directories and those below `not_below` are passed over, and what is an image
// neither by content nor by name is left out. A file that is named is taken as it is, there or not. Symbolic
// links are followed, each directory is walked once; the same path is taken once.
[[nodiscard]] input_list find_inputs(const std::vector<std::string>& arguments,
                                     const std::string& not_below = {});

// By its first bytes or the extension of its name; documents (PDF) are none.
[[nodiscard]] bool looks_like_image(const std::string& path);

}  // namespace dip::cli
