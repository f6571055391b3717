# How every folder of DIP is built: one static library, warnings as errors, the same flags.

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)

find_program(DIP_CCACHE ccache)
if(DIP_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${DIP_CCACHE})
endif()
find_program(DIP_MOLD mold)
if(DIP_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# Debug information is kept small: line tables are what a stack trace needs, and the build is half as long.
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1 -fno-omit-frame-pointer")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

if(DIP_SANITIZE)
  add_compile_options(-fsanitize=${DIP_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${DIP_SANITIZE})
  if(DIP_SANITIZE MATCHES undefined)
    # CAF binds a reference to an empty tuple through a null pointer in its spawn functions; it is never read.
    # The other three are a third of the time of a build: AddressSanitizer sees objects that are too small or
    # gone, and what is not aligned works on x86-64; a wrong cast between classes goes unseen.
    add_compile_options(-fno-sanitize=null,object-size,alignment,vptr)
  endif()
endif()

add_library(dip_flags INTERFACE)
target_include_directories(dip_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(dip_flags INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 to 14 report these of the standard library's own string and optional when they are inlined.
  target_compile_options(dip_flags INTERFACE -Wno-restrict -Wno-maybe-uninitialized -Wno-stringop-overflow
                                             -Wno-array-bounds)
endif()
target_link_libraries(dip_flags INTERFACE Threads::Threads)

# dip_library(name [link ...]): the static library dip_<name> of all .cpp files in this folder.
function(dip_library name)
  file(GLOB sources CONFIGURE_DEPENDS *.cpp)
  if(sources)
    add_library(dip_${name} STATIC ${sources})
    target_link_libraries(dip_${name} PUBLIC dip_flags ${ARGN})
  else()
    add_library(dip_${name} INTERFACE)
    target_link_libraries(dip_${name} INTERFACE dip_flags ${ARGN})
  endif()
endfunction()

# dip_test(name folder [link ...]): one Catch2 program of all .cpp files in `folder`, run as the test `name`.
function(dip_test name folder)
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  if(sources)
    add_executable(test_${name} ${sources})
    target_link_libraries(test_${name} PRIVATE dip_flags ${ARGN} Catch2::Catch2WithMain)
    add_test(NAME ${name} COMMAND test_${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  endif()
endfunction()
