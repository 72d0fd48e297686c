# At install time: copies into lib/ what the programs (a list set before this script) load, under the names they ask for.
# The C and C++ runtimes stay the system's: they belong to its kernel and loader.
file(GET_RUNTIME_DEPENDENCIES EXECUTABLES ${programs}
  RESOLVED_DEPENDENCIES_VAR libraries UNRESOLVED_DEPENDENCIES_VAR missing CONFLICTING_DEPENDENCIES_PREFIX conflict
  PRE_EXCLUDE_REGEXES "^ld-linux" "^lib(c|m|dl|rt|util|pthread|resolv|stdc\\+\\+|gcc_s)\\.so")
foreach(name IN LISTS conflict_FILENAMES)  # the same name from a wheel and from the system: the wheel's came first
  list(GET conflict_${name} 0 first)
  list(APPEND libraries ${first})
endforeach()
if(missing)
  message(FATAL_ERROR "not found, so the installed tree would not run: ${missing}")
endif()
set(folder "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/lib")
file(MAKE_DIRECTORY "${folder}")
foreach(library IN LISTS libraries)
  get_filename_component(name "${library}" NAME)
  file(REAL_PATH "${library}" real)
  message(STATUS "Installing: ${folder}/${name}")
  file(COPY_FILE "${real}" "${folder}/${name}" ONLY_IF_DIFFERENT)
  file(CHMOD "${folder}/${name}" PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
endforeach()
