# examples/NN_name.cpp -> bin/example_NN_name, linked to every floor. As a test each runs without arguments in an empty
# folder of its own, build/examples/NN_name, and must exit 0 (77: skipped, with a sentence). Those that take
# arguments must exit 1 with a message where what they name is not there.
function(asterism_examples)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/examples/*.cpp)
  list(TRANSFORM ASTERISM_GROUND PREPEND asterism_ OUTPUT_VARIABLE ground)
  list(TRANSFORM ASTERISM_UPPER PREPEND asterism_ OUTPUT_VARIABLE upper)
  foreach(source IN LISTS sources)
    get_filename_component(name ${source} NAME_WE)
    add_executable(example_${name} ${source})
    target_link_libraries(example_${name} PRIVATE ${upper} ${ground})
    target_precompile_headers(example_${name} REUSE_FROM asterism_torch_pch)
    set(folder ${CMAKE_BINARY_DIR}/examples/${name})
    add_test(NAME example.${name} COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:example_${name}> -DFOLDER=${folder}
      -P ${CMAKE_SOURCE_DIR}/cmake/RunExample.cmake)
    set_tests_properties(example.${name} PROPERTIES LABELS upper TIMEOUT 600 SKIP_REGULAR_EXPRESSION "example skipped")
  endforeach()
  _asterism_example_refuses(01_read_a_spectrum .)
  _asterism_example_refuses(07_cube_through_tokens . nowhere cube_manga out.svg)
  _asterism_example_refuses(08_through_tokens nowhere out.svg)
endfunction()

function(_asterism_example_refuses name)
  add_test(NAME example.${name}.refuses COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:example_${name}>
    -DFOLDER=${CMAKE_BINARY_DIR}/examples/${name}.refuses "-DARGUMENTS=${ARGN}" -DEXPECTED=1
    -P ${CMAKE_SOURCE_DIR}/cmake/RunExample.cmake)
  set_tests_properties(example.${name}.refuses PROPERTIES LABELS upper TIMEOUT 600)
endfunction()
