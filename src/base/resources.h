#pragma once
// Files that come with the program but are not compiled into it: filter curves ("filters/decamDR1-r.ecsv"), plotly
// ("plotly.min.js"), recipes ("recipes/tour.toml"). They lie in share/asterism beside the folder of the executable,
// both in the build folder (links made by CMake) and in an installed tree, so a tree that is moved keeps working.

#include <filesystem>
#include <string_view>

namespace asterism::base {

// The folder of the running executable, symbolic links resolved. Throws DataError where /proc is not mounted.
std::filesystem::path executable_folder();

// The folder of all resources: $ASTERISM_RESOURCES where that is set and not empty, else ../share/asterism seen from
// the folder of the running executable. It is not checked that it exists.
std::filesystem::path resource_folder();

// Where the resource `name` lies, a file or a folder, by its relative path in the resource folder.
// Throws UserError for a name that is empty, absolute or climbs out with "..", and DataError, saying where it was
// looked for and what to do, when there is no such resource.
std::filesystem::path resource(std::string_view name);

}  // namespace asterism::base
