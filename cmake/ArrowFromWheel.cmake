# ArrowFromWheel.cmake -- libarrow/libparquet out of a PyPI pyarrow wheel.
#   in : ARROW_DIR  .../site-packages/pyarrow or a `pip install --target` dir (cache or env)
#   out: Arrow::arrow Arrow::parquet Arrow::compute Arrow::acero Arrow::dataset Arrow::s3
#        ARROW_WHEEL_DIR ARROW_WHEEL_VERSION
# The wheel's libs are libX.so.<major*100+minor> with no libX.so beside them (zip files hold no
# links), so each is named by its full path; they find one another by RUNPATH=$ORIGIN.
if(NOT ARROW_DIR)
  set(ARROW_DIR "${ASTERISM_DEPS}")
endif()
if(NOT ARROW_DIR)
  find_package(Python3 COMPONENTS Interpreter QUIET)
  execute_process(COMMAND "${Python3_EXECUTABLE}" -c
    "import importlib.util as u; s=u.find_spec('pyarrow'); print(s.submodule_search_locations[0] if s else '')"
    OUTPUT_VARIABLE ARROW_DIR OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
find_path(ARROW_WHEEL_DIR NAMES include/arrow/api.h
  HINTS "${ARROW_DIR}" "${ARROW_DIR}/pyarrow" NO_DEFAULT_PATH)
if(NOT ARROW_WHEEL_DIR)
  message(FATAL_ERROR "no pyarrow wheel at ARROW_DIR='${ARROW_DIR}': pip install --no-deps --target DIR pyarrow")
endif()
file(STRINGS "${ARROW_WHEEL_DIR}/include/arrow/util/config.h" _av REGEX "define ARROW_(VERSION_STRING|SO_VERSION) ")
string(REGEX REPLACE ".*VERSION_STRING \"([0-9.]+)\".*" "\\1" ARROW_WHEEL_VERSION "${_av}")
string(REGEX REPLACE ".*SO_VERSION \"([0-9]+)\".*" "\\1" _aso "${_av}")

find_package(Threads REQUIRED)
function(_arrow_lib name file)
  set(_so "${ARROW_WHEEL_DIR}/lib${file}.so.${_aso}")
  if(EXISTS "${_so}")
    add_library(Arrow::${name} SHARED IMPORTED GLOBAL)
    set_target_properties(Arrow::${name} PROPERTIES IMPORTED_LOCATION "${_so}")
    target_include_directories(Arrow::${name} SYSTEM INTERFACE "${ARROW_WHEEL_DIR}/include")
    target_link_libraries(Arrow::${name} INTERFACE ${ARGN})
  endif()
endfunction()
_arrow_lib(arrow arrow Threads::Threads)
_arrow_lib(parquet parquet Arrow::arrow)
_arrow_lib(compute arrow_compute Arrow::arrow)
_arrow_lib(acero arrow_acero Arrow::compute Arrow::arrow)
_arrow_lib(dataset arrow_dataset Arrow::acero Arrow::compute Arrow::parquet Arrow::arrow)
# S3 has a library of its own in newer wheels; in older ones it is part of libarrow.
_arrow_lib(s3 arrow_s3 Arrow::arrow)
if(NOT TARGET Arrow::s3)
  add_library(Arrow::s3 INTERFACE IMPORTED GLOBAL)
  target_link_libraries(Arrow::s3 INTERFACE Arrow::arrow)
endif()
message(STATUS "arrow ${ARROW_WHEEL_VERSION} wheel: ${ARROW_WHEEL_DIR}")
