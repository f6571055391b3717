# Writes OUT, a C++ source with every file of DIST in it, compressed as well where a .gz and a .br lie beside it. Without DIST the
# table is empty.
cmake_minimum_required(VERSION 3.25)

function(type_of path)
  string(REGEX REPLACE "^.*\\." "" ending ${path})
  if(ending STREQUAL html)
    set(type "text/html; charset=utf-8")
  elseif(ending STREQUAL js)
    set(type "text/javascript; charset=utf-8")
  elseif(ending STREQUAL css)
    set(type "text/css; charset=utf-8")
  elseif(ending STREQUAL txt)
    set(type "text/plain; charset=utf-8")
  elseif(ending STREQUAL svg)
    set(type "image/svg+xml")
  else()
    message(FATAL_ERROR "${path}: no content type is known for .${ending}")
  endif()
  set(type "${type}" PARENT_SCOPE)
endfunction()

set(bytes "")
set(rows "")
set(count 0)

# A view of a file's bytes, named `name`.
macro(take name file)
  string(APPEND bytes
    "asm(\".pushsection .rodata\\n\"\n"
    "    \"${name}_begin: .incbin \\\"${file}\\\"\\n\"\n"
    "    \"${name}_end: .byte 0\\n\"\n"
    "    \".popsection\\n\");\n"
    "extern \"C\" const char ${name}_begin[], ${name}_end[];\n")
endmacro()

if(DIST)
  file(GLOB_RECURSE files RELATIVE ${DIST} ${DIST}/*)
  list(SORT files)
endif()
foreach(path IN LISTS files)
  if(path MATCHES "\\.(gz|br)$")
    continue()
  endif()
  type_of(${path})
  file(SHA256 ${DIST}/${path} hash)
  string(SUBSTRING ${hash} 0 32 hash)
  set(immutable false)
  if(path MATCHES "^assets/")
    set(immutable true)
  endif()
  set(name dip_console_${count})
  take(${name} ${DIST}/${path})
  set(row "{\"${path}\", \"${type}\", \"\\\"${hash}\\\"\", ${immutable}, view(${name}_begin, ${name}_end)")
  foreach(coding gz br)
    if(EXISTS ${DIST}/${path}.${coding})
      take(${name}_${coding} ${DIST}/${path}.${coding})
      string(APPEND row ", view(${name}_${coding}_begin, ${name}_${coding}_end)")
    else()
      string(APPEND row ", {}")
    endif()
  endforeach()
  string(APPEND rows "      ${row}},\n")
  math(EXPR count "${count} + 1")
endforeach()

set(text "// Made by http/console/tools/embed.cmake from what http/console/ is built into.
#include <span>
#include <string_view>

#include \"http/console_routes.hpp\"

")
if(count EQUAL 0)
  string(APPEND text "std::span<const dip::http::console_file> dip::http::embedded_console() { return {}; }\n")
else()
  string(APPEND text "${bytes}
namespace {
std::string_view view(const char* begin, const char* end) { return {begin, static_cast<size_t>(end - begin)}; }
}  // namespace

std::span<const dip::http::console_file> dip::http::embedded_console() {
  static const console_file files[] = {
${rows}  };
  return files;
}
")
endif()
file(WRITE ${OUT} "${text}")
