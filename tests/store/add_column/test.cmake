# cmake -DSOURCE=. -DWORK=build/add_column -DCOMPILER=g++ -DINCLUDE=folder:... -DLINK=libbase.a:... -P test.cmake
# A result column costs two files of src: its member in store/record.hpp, and its line in store/result_columns.cpp. Adds one
# to a copy of the tree, counts the files that differ, and lets a program take it through the journal. A column without
# unit or meaning must not compile. Where the patch does not apply any more, make it anew by hand.
cmake_minimum_required(VERSION 3.25)
set(HERE ${CMAKE_CURRENT_LIST_DIR})
set(most 2)
string(REPLACE ":" ";" LINK "${LINK}")
string(REPLACE ":" ";-isystem;" INCLUDE "${INCLUDE}")
set(COMPILE ${COMPILER} -std=c++20 -Wall -Wextra -Wno-missing-field-initializers -I${WORK}/src -isystem ${INCLUDE})

file(REMOVE_RECURSE ${WORK})
foreach(layer base study search store)
  file(COPY ${SOURCE}/src/${layer} DESTINATION ${WORK}/src)
endforeach()
cmake_path(GET WORK PARENT_PATH above)
execute_process(COMMAND ${CMAKE_COMMAND} -E env GIT_CEILING_DIRECTORIES=${above} # WORK may lie in a repository
                git apply ${HERE}/add_result_column.patch WORKING_DIRECTORY ${WORK} COMMAND_ERROR_IS_FATAL ANY)

set(changed "")
file(GLOB_RECURSE files RELATIVE ${WORK} ${WORK}/src/*)
foreach(file ${files})
  set(before "")
  if(EXISTS ${SOURCE}/${file})
    file(SHA256 ${SOURCE}/${file} before)
  endif()
  file(SHA256 ${WORK}/${file} after)
  if(NOT before STREQUAL after)
    list(APPEND changed ${file})
  endif()
endforeach()
list(LENGTH changed count)
if(count EQUAL 0 OR count GREATER most)
  message(FATAL_ERROR "a result column changes ${count} files of src instead of 1 to ${most}: ${changed}")
endif()

# The reader of result files with the new member, and the program.
execute_process(COMMAND ${COMPILE} -fsyntax-only ${WORK}/src/store/hdf5_read.cpp COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${COMPILE} ${HERE}/program.cpp ${WORK}/src/store/result_columns.cpp ${WORK}/src/store/codec.cpp
                -o ${WORK}/program ${LINK} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${WORK}/program OUTPUT_VARIABLE out COMMAND_ERROR_IS_FATAL ANY)
if(NOT out STREQUAL "peak_memory 12345 byte 6\n")
  message(FATAL_ERROR "the new column does not come back from the journal: '${out}'")
endif()

# A column as a table lists it: whether it compiles, and what the compiler says.
function(compile row)
  file(WRITE ${WORK}/row.cpp "#include \"store/result_columns.hpp\"\nusing namespace lorahub::store;\n"
       "ResultColumn row(ResultField field) { return {.name = \"n\", ${row}}; }\n")
  execute_process(COMMAND ${COMPILE} -fsyntax-only ${WORK}/row.cpp RESULT_VARIABLE code ERROR_VARIABLE errors)
  set(code ${code} PARENT_SCOPE)
  set(errors "${errors}" PARENT_SCOPE)
endfunction()
function(refused row reason)
  compile("${row}")
  if(code EQUAL 0 OR NOT errors MATCHES "${reason}")
    message(FATAL_ERROR "a column of {${row}} compiles, or is refused for another reason: ${errors}")
  endif()
endfunction()
compile(".unit = \"s\", .meaning = \"m\", .field = field")
if(NOT code EQUAL 0)
  message(FATAL_ERROR "a whole column does not compile: ${errors}")
endif()
refused(".meaning = \"m\", .field = field" "could not convert|ColumnUnit")
refused(".unit = \"s\", .field = field" "could not convert|ColumnMeaning")
refused(".unit = \"s\", .meaning = \"m\"" "could not convert|ResultField")
refused(".unit = \"\", .meaning = \"m\", .field = field" "a unit is empty")
refused(".unit = \"s\", .meaning = \"\", .field = field" "a meaning is empty")
