# What each floor links besides the floors below it. The table of dependencies and reasons is in docs/design.md.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
# The torch wheel carries headers of another fmt without its library; ours must be found before them in every floor.
find_path(ASTERISM_FMT_FOLDER fmt/format.h PATHS /usr/include /usr/local/include NO_DEFAULT_PATH REQUIRED)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/include_first)
file(CREATE_LINK ${ASTERISM_FMT_FOLDER}/fmt ${CMAKE_BINARY_DIR}/include_first/fmt SYMBOLIC)
target_include_directories(asterism_flags SYSTEM BEFORE INTERFACE ${CMAKE_BINARY_DIR}/include_first)
find_package(CLI11 REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(pugixml REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(PNG REQUIRED)
find_package(JPEG REQUIRED)
find_package(GTest REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(CFITSIO REQUIRED IMPORTED_TARGET cfitsio)
pkg_check_modules(WCSLIB REQUIRED IMPORTED_TARGET wcslib)
pkg_check_modules(LIBCURL REQUIRED IMPORTED_TARGET libcurl)
# libhdf5 is called by one file, which only the program `asterism` links: the process that reads HDF5 for the others.
pkg_check_modules(HDF5 REQUIRED IMPORTED_TARGET hdf5)
set_property(SOURCE ${CMAKE_SOURCE_DIR}/src/io/hdf5_child.cpp APPEND PROPERTY INCLUDE_DIRECTORIES ${HDF5_INCLUDE_DIRS})

set(FLOOR_LIBRARIES_base fmt::fmt spdlog::spdlog Threads::Threads)
set(FLOOR_LIBRARIES_config nlohmann_json::nlohmann_json)
set(FLOOR_LIBRARIES_astro PkgConfig::WCSLIB)
set(FLOOR_LIBRARIES_io Arrow::arrow Arrow::parquet Arrow::s3 PkgConfig::LIBCURL PkgConfig::CFITSIO PNG::PNG JPEG::JPEG
  nlohmann_json::nlohmann_json pugixml::pugixml yaml-cpp)
