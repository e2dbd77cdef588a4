# What the Python wheel holds beside the Python package (pyproject.toml installs the component `wheel` alone): below lorahub/ the
# program, its pieces and the libraries that it needs; the command `lorahub`, manual pages and completions in their places.
# LibTorch is that of the wheel `torch`, which is another project's package.
if(LORAHUB_BUILT)
  set(built ${LORAHUB_BUILT})
  add_custom_target(lorahub) # is built
else()
  set(built ${PROJECT_BINARY_DIR})
endif()
file(STRINGS ${PROJECT_SOURCE_DIR}/pyproject.toml torch_of_the_wheel REGEX "\"torch==")
string(REGEX REPLACE ".*\"torch==([0-9]+\\.[0-9]+)\\.\\*\".*" "\\1" torch_of_the_wheel "${torch_of_the_wheel}")
install(CODE "execute_process(COMMAND \"${built}/lorahub\" --version OUTPUT_VARIABLE versions COMMAND_ERROR_IS_FATAL ANY)
  if(NOT versions MATCHES \"libtorch +${torch_of_the_wheel}[.]\")
    message(FATAL_ERROR \"\${versions}: the program is built with another LibTorch than torch ${torch_of_the_wheel}, which the wheel \"
      \"asks for (their libraries do not fit), build with LibTorch ${torch_of_the_wheel} or change pyproject.toml\")
  endif()
  file(WRITE \"\${CMAKE_INSTALL_PREFIX}/torch_version\" \"${torch_of_the_wheel}\\n\")" COMPONENT wheel EXCLUDE_FROM_ALL)
foreach(component beside_torch data libraries)
  install(CODE "execute_process(COMMAND \"${CMAKE_COMMAND}\" --install \"${built}\" --component ${component}
    --prefix \"\${CMAKE_INSTALL_PREFIX}\" OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)" COMPONENT wheel EXCLUDE_FROM_ALL)
endforeach()
install(CODE "execute_process(COMMAND \"${CMAKE_COMMAND}\" --install \"${built}\" --component manual
  --prefix \"${SKBUILD_DATA_DIR}\" OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)" COMPONENT wheel EXCLUDE_FROM_ALL)
install(PROGRAMS ${PROJECT_SOURCE_DIR}/python/lorahub/start.py DESTINATION ${SKBUILD_SCRIPTS_DIR} RENAME lorahub
        COMPONENT wheel EXCLUDE_FROM_ALL)
