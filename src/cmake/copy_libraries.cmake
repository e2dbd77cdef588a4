# Copies the libraries that PROGRAM needs into LIBRARIES, and their licences into LICENCES. WANTED: `libtorch` are those in
# LibTorch's folder TORCH, and what they alone need (CUDA's run time); `libraries` are the others. libc and the compiler's
# libraries belong to the machine, and MPI to whoever starts the ranks.
set(of_the_machine "^(ld-linux.*|lib(c|m|dl|rt|pthread|util|resolv|gcc_s|stdc\\+\\+)\\.so.*)$" "^lib(mpi|open-rte|open-pal)\\.")
file(GET_RUNTIME_DEPENDENCIES EXECUTABLES ${PROGRAM} RESOLVED_DEPENDENCIES_VAR needed UNRESOLVED_DEPENDENCIES_VAR missing
     PRE_EXCLUDE_REGEXES ${of_the_machine})
if(missing)
  message(FATAL_ERROR "${missing}: not found (the package would not start), install them")
endif()
get_filename_component(torch_parent ${TORCH}/../.. ABSOLUTE)

function(copy_library file)
  get_filename_component(real ${file} REALPATH)
  get_filename_component(name ${file} NAME) # by which it is asked for
  file(MAKE_DIRECTORY ${LIBRARIES})
  file(COPY_FILE ${real} ${LIBRARIES}/${name})
endfunction()

# Debian's own words on the licence of the package that a file belongs to.
function(copy_debian_licence file)
  get_filename_component(real ${file} REALPATH)
  string(REGEX REPLACE "^/usr" "" under_root "${real}") # /lib is /usr/lib, and a package may list either
  execute_process(COMMAND sh -c "dpkg-query -S ${under_root} || dpkg-query -S /usr${under_root}" OUTPUT_VARIABLE owner ERROR_QUIET
                  RESULT_VARIABLE unknown)
  string(REGEX REPLACE ":.*" "" owner "${owner}")
  if(unknown OR NOT EXISTS /usr/share/doc/${owner}/copyright)
    message(WARNING "${real}: no Debian package owns it, so that its licence is not copied (this package is for this machine alone)")
  else()
    file(COPY_FILE /usr/share/doc/${owner}/copyright ${LICENCES}/${owner}.txt)
  endif()
endfunction()

file(MAKE_DIRECTORY ${LICENCES})
foreach(file ${needed})
  string(FIND ${file} ${torch_parent}/ at)
  if(at EQUAL 0 AND WANTED STREQUAL libtorch)
    copy_library(${file})
  elseif(NOT at EQUAL 0 AND WANTED STREQUAL libraries)
    copy_library(${file})
    copy_debian_licence(${file})
  endif()
endforeach()
if(WANTED STREQUAL libtorch)
  file(GLOB texts ${torch_parent}/licences/*)
  if(NOT texts)
    message(FATAL_ERROR "${torch_parent}/licences: no licence of LibTorch (a copy needs it); remove the folder ${torch_parent} "
      "and run scripts/setup, which fetches both")
  endif()
  file(COPY ${texts} DESTINATION ${LICENCES})
endif()
