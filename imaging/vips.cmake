# The targets dip_vips_prebuilt, where there is one, and dip_vips_system: libvips 8.14 or newer, with its C++
# interface. DIP_VIPS=system leaves the prebuilt one out.

if(NOT DIP_VIPS MATCHES "^(prebuilt|system)$")
  message(FATAL_ERROR "DIP_VIPS is '${DIP_VIPS}'; it can be prebuilt or system")
endif()
if(DIP_VIPS STREQUAL "prebuilt" AND NOT CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  message(STATUS "No prebuilt libvips for ${CMAKE_SYSTEM_PROCESSOR}: the system's is used (DIP_VIPS=system)")
elseif(DIP_VIPS STREQUAL "prebuilt")
  set(packages ${DIP_PREFIX}/libvips/node_modules/@img)
  file(GLOB library ${packages}/sharp-libvips-linux-x64/lib/libvips-cpp.so.*)
  if(NOT library OR NOT EXISTS ${packages}/sharp-libvips-dev/include/vips/vips8)
    message(FATAL_ERROR "The prebuilt libvips is not in ${DIP_PREFIX}/libvips. Run scripts/setup, "
                        "or build with -DDIP_VIPS=system")
  endif()
  list(GET library 0 library)
  get_filename_component(library_folder ${library} DIRECTORY)
  add_library(dip_vips_prebuilt INTERFACE)
  target_include_directories(dip_vips_prebuilt SYSTEM INTERFACE ${packages}/sharp-libvips-dev/include
                             ${packages}/sharp-libvips-dev/include/glib-2.0 ${library_folder}/glib-2.0/include)
  target_link_libraries(dip_vips_prebuilt INTERFACE ${library})
  target_link_options(dip_vips_prebuilt INTERFACE -Wl,-rpath,${library_folder})
  # What each of its libraries is, the package says itself.
  file(READ ${packages}/sharp-libvips-linux-x64/versions.json json)
  string(JSON count LENGTH "${json}")
  math(EXPR last "${count} - 1")
  set(libraries)
  foreach(i RANGE ${last})
    string(JSON name MEMBER "${json}" ${i})
    string(JSON version GET "${json}" ${name})
    list(APPEND libraries "${name}=${version}")
  endforeach()
  list(FILTER libraries EXCLUDE REGEX "^vips=")
  list(JOIN libraries "," libraries)
  target_compile_definitions(dip_vips_prebuilt INTERFACE "DIP_CODEC_LIBRARIES=\"${libraries}\"")
endif()

# dip_package_version(<package> <out>): its version, or nothing where there is no such package.
function(dip_package_version package out)
  execute_process(COMMAND ${PKG_CONFIG_EXECUTABLE} --modversion ${package} OUTPUT_VARIABLE version ERROR_QUIET
                  OUTPUT_STRIP_TRAILING_WHITESPACE)
  set(${out} "${version}" PARENT_SCOPE)
endfunction()

pkg_check_modules(vipscpp IMPORTED_TARGET vips-cpp>=8.14)
if(vipscpp_FOUND)
  add_library(dip_vips_system INTERFACE)
  target_link_libraries(dip_vips_system INTERFACE PkgConfig::vipscpp)
  # Distributions build libheif for HEIC as well, and libvips with Orc, which compiles its loops as it goes.
  target_compile_definitions(dip_vips_system INTERFACE DIP_VIPS_READS_HEIC DIP_VIPS_COMPILES)
  # Those of them that can be asked; the names are those of the prebuilt package.
  set(libraries)
  foreach(pair aom=aom cgif=cgif exif=libexif heif=libheif imagequant=imagequant jpeg=libjpeg jxl=libjxl lcms=lcms2
               pango=pango png=libpng poppler=poppler-glib rsvg=librsvg-2.0 tiff=libtiff-4 webp=libwebp)
    string(REPLACE "=" ";" pair ${pair})
    list(GET pair 0 name)
    list(GET pair 1 package)
    dip_package_version(${package} version)
    if(version)
      list(APPEND libraries "${name}=${version}")
    endif()
  endforeach()
  list(JOIN libraries "," libraries)
  target_compile_definitions(dip_vips_system INTERFACE "DIP_CODEC_LIBRARIES=\"${libraries}\"")
elseif(NOT TARGET dip_vips_prebuilt)
  message(FATAL_ERROR "pkg-config finds no vips-cpp of 8.14 or newer. Run scripts/setup")
else()
  message(STATUS "pkg-config finds no vips-cpp of 8.14 or newer: HEIC, JPEG XL and PDF are not read")
endif()
