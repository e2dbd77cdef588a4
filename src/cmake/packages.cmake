# Packages by cpack, which scripts/release calls: `cpack -G DEB` makes a Debian package, and `cpack -G TZST` an archive that
# runs wherever it is unpacked. Both bring LibTorch, which Debian does not have; the archive brings all libraries but MPI.
set(CPACK_PACKAGE_VENDOR "The lorahub authors")
set(CPACK_PACKAGE_CONTACT "The lorahub authors")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "searches for the weights that mix LoRA modules of a frozen language model")
set(CPACK_PACKAGE_DESCRIPTION "lorahub adapts a frozen language model to a task that it has never seen, from about five examples:
it searches for the weights that mix a library of LoRA modules (LoraHub, arXiv 2307.13269).
It runs whole studies of such searches over MPI ranks, and serves adaptations over HTTP.")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PROJECT_CONFIG_FILE ${PROJECT_SOURCE_DIR}/src/cmake/components_of_package.cmake)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_ARCHIVE_COMPONENT_INSTALL ON)
set(CPACK_PACKAGE_FILE_NAME lorahub-${PROJECT_VERSION}-linux-${CMAKE_SYSTEM_PROCESSOR})
set(CPACK_THREADS 0)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE zstd)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
get_filename_component(torch_parent ${LibTorch_INCLUDE_DIR}/../.. ABSOLUTE)
file(GLOB torch_folders ${torch_parent}/torch/lib ${torch_parent}/nvidia/*/lib)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${torch_folders})
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "openmpi-bin, gnuplot-nox") # mpirun; figures of reports
include(CPack)
