# Warnings, ccache, linker and sanitizers: one place for every compiler flag.
add_library(asterism_flags INTERFACE)
target_compile_options(asterism_flags INTERFACE -Wall -Wextra)
if(ASTERISM_WERROR)
  target_compile_options(asterism_flags INTERFACE -Werror)
endif()
# A Release build keeps assertions off in the standard library but never -ffast-math: results must not depend on flags.
target_include_directories(asterism_flags INTERFACE ${CMAKE_CURRENT_SOURCE_DIR}/src)
target_compile_definitions(asterism_flags INTERFACE ASTERISM_VERSION="${PROJECT_VERSION}")

find_program(ASTERISM_CCACHE ccache)
if(ASTERISM_CCACHE)
  # Precompiled headers need these: the compiler reads a PCH, not the headers ccache hashed.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${ASTERISM_CCACHE})
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  target_compile_options(asterism_flags INTERFACE "SHELL:-Xclang -fno-pch-timestamp" -fpch-instantiate-templates)
else()
  # g++ counts fields that a designated initializer leaves at their defaults as missing; clang does not.
  target_compile_options(asterism_flags INTERFACE -fpch-preprocess -Wno-missing-field-initializers)
endif()
find_program(ASTERISM_LLD NAMES ld.lld ld.lld-14)
if(ASTERISM_LLD)
  add_link_options(-fuse-ld=lld)
endif()
if(ASTERISM_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=address,undefined)
endif()
if(ASTERISM_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES Clang)
    message(FATAL_ERROR "ASTERISM_FUZZ needs clang: libFuzzer comes with it")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
    -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=address,undefined)
endif()
