# Installs the package of BUILD into a fresh prefix, builds the example against it, and runs it on the mini-lab: more
# than a third of its answers must be right (the base has none).
set(prefix ${WORK}/prefix)
set(example ${WORK}/example)
file(REMOVE_RECURSE ${WORK})
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE out)
  if(code)
    message(FATAL_ERROR "${ARGN}: ${out}")
  endif()
endfunction()
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix} --component package)
run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${example} -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_PREFIX_PATH=${prefix}
    -DCMAKE_CXX_FLAGS=${FLAGS} -DLibTorch_INCLUDE_DIR=${TORCH})
run(${CMAKE_COMMAND} --build ${example})
set(rows ${SOURCE}/configs/tasks/mini/unseen/E1_isa_letter/pool.jsonl)
execute_process(COMMAND ${example}/adapt_and_answer ${SOURCE}/configs/model/mini ${SOURCE}/configs/library/mini/r16 ${rows}
                RESULT_VARIABLE code OUTPUT_VARIABLE answers ERROR_VARIABLE error)
string(REGEX MATCHALL "\\([A-D]\\)\n" letters "${answers}")
list(LENGTH letters count)
if(code OR count LESS 10)
  message(FATAL_ERROR "code ${code}, ${count} answers: ${answers} ${error}")
endif()
message(STATUS "${count} answers")
