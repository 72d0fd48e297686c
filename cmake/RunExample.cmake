# cmake -DPROGRAM=... -DFOLDER=... -P RunExample.cmake: runs one example in a fresh folder.
file(REMOVE_RECURSE "${FOLDER}")
file(MAKE_DIRECTORY "${FOLDER}")
execute_process(COMMAND "${PROGRAM}" WORKING_DIRECTORY "${FOLDER}" RESULT_VARIABLE result)
if(result STREQUAL "77")
  message("example skipped")
elseif(NOT result STREQUAL "0")
  message(FATAL_ERROR "${PROGRAM} ended with ${result}")
endif()
