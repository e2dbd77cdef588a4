# Installs the program of BUILD into a fresh prefix, away from the repository, and starts it there without any variable that
# could help: it must find its libraries, and its own pieces by name.
execute_process(COMMAND mktemp -d OUTPUT_VARIABLE prefix OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix} --component program OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND env -i HOME=${prefix} ${prefix}/bin/lorahub infer --model mini --task mini/unseen/E6_desc_comma --json
                WORKING_DIRECTORY / RESULT_VARIABLE code OUTPUT_VARIABLE answers ERROR_VARIABLE error)
foreach(page man/man1/lorahub.1 bash-completion/completions/lorahub)
  if(NOT EXISTS ${prefix}/share/${page})
    set(error "${page} is missing")
    set(code 1)
  endif()
endforeach()
file(REMOVE_RECURSE ${prefix})
if(code OR NOT answers MATCHES "\"accuracy\":0.0,\"answers\":\\[\"[0-9]+ [0-9]+")
  message(FATAL_ERROR "code ${code}: ${answers} ${error}")
endif()
