# cmake --install build --prefix DIR: a tree that runs where it is moved to, without the wheels, the build folder or our
# Debian packages; only a C++ runtime no older than Debian 12's must be there.
#   bin/asterism, bin/asterism-model; lib/ with every shared library they need; share/asterism/ with filter curves,
#   plotly.js, recipes and the licences of what came out of the wheels
# The programs carry DT_RPATH, not DT_RUNPATH: it also serves the libraries of their libraries, which have no path.
set(programs)
foreach(program IN ITEMS asterism asterism-model)
  if(TARGET ${program})
    list(APPEND programs ${program})
    set_target_properties(${program} PROPERTIES INSTALL_RPATH "$ORIGIN/../lib")
    target_link_options(${program} PRIVATE LINKER:--disable-new-dtags)
    install(TARGETS ${program} RUNTIME DESTINATION bin)
    list(APPEND program_files "$<TARGET_FILE:${program}>")
  endif()
endforeach()

install(DIRECTORY "${ASTERISM_FILTERS_DIR}/" DESTINATION share/asterism/filters FILES_MATCHING PATTERN "*.ecsv")
install(FILES "${ASTERISM_PLOTLY_JS}" DESTINATION share/asterism)
if(EXISTS "${ASTERISM_RECIPES_DIR}")
  install(DIRECTORY "${ASTERISM_RECIPES_DIR}/" DESTINATION share/asterism/recipes)
endif()
install(FILES LICENSE CITATION.cff DESTINATION share/asterism)
file(GLOB wheel_infos "${ASTERISM_DEPS}/*.dist-info")
foreach(info IN LISTS wheel_infos)
  get_filename_component(wheel ${info} NAME)
  string(REGEX REPLACE "-[0-9.]+dist-info$" "" wheel ${wheel})
  install(DIRECTORY "${info}/" DESTINATION share/asterism/licences/${wheel} FILES_MATCHING
    PATTERN "*[Ll][Ii][Cc][Ee][Nn][SsCc][Ee]*" PATTERN "*NOTICE*")
endforeach()

if(programs)
  file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/installed_programs.cmake CONTENT "set(programs \"${program_files}\")\n")
  install(SCRIPT ${CMAKE_BINARY_DIR}/installed_programs.cmake)
  install(SCRIPT cmake/InstallLibraries.cmake)
endif()
