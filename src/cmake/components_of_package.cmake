# Which components (install.cmake) go into the package that cpack makes.
set(CPACK_COMPONENTS_ALL data manual portable libtorch)
if(CPACK_GENERATOR STREQUAL DEB)
  set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
  list(APPEND CPACK_COMPONENTS_ALL debian)
else()
  list(APPEND CPACK_COMPONENTS_ALL libraries)
  set(CPACK_COMPONENT_INCLUDE_TOPLEVEL_DIRECTORY ON)
endif()
