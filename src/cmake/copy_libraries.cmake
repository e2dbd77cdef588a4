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
set(copied "") # the files that the names lead to
file(MAKE_DIRECTORY ${LIBRARIES} ${LICENCES})
foreach(file ${needed})
  string(FIND ${file} ${torch_parent}/ at)
  if((at EQUAL 0 AND WANTED STREQUAL libtorch) OR (NOT at EQUAL 0 AND WANTED STREQUAL libraries))
    get_filename_component(real ${file} REALPATH)
    get_filename_component(name ${file} NAME) # by which it is asked for
    file(COPY_FILE ${real} ${LIBRARIES}/${name})
    list(APPEND copied ${real})
  endif()
endforeach()

# Debian's own words on the licences of the packages that the files belong to.
function(copy_debian_licences)
  string(REGEX REPLACE "(^|;)/usr/" "\\1/" under_root "${copied}") # /lib is /usr/lib, and a package may list either
  list(TRANSFORM under_root PREPEND /usr OUTPUT_VARIABLE under_usr)
  execute_process(COMMAND dpkg-query -S ${under_root} ${under_usr} OUTPUT_VARIABLE owners ERROR_QUIET)
  foreach(file ${under_root})
    string(REGEX MATCH "([^:\n]+)(:[^\n ]+)?: (/usr)?${file}\n" owned "${owners}")
    set(package "${CMAKE_MATCH_1}")
    if(owned AND EXISTS /usr/share/doc/${package}/copyright)
      file(COPY_FILE /usr/share/doc/${package}/copyright ${LICENCES}/${package}.txt)
    else()
      message(WARNING "${file}: no Debian package owns it, so that its licence is not copied (this package is for this machine alone)")
    endif()
  endforeach()
endfunction()

if(WANTED STREQUAL libraries)
  copy_debian_licences()
else()
  file(GLOB texts ${torch_parent}/licences/*)
  if(NOT texts)
    message(FATAL_ERROR "${torch_parent}/licences: no licence of LibTorch (a copy needs it); remove the folder ${torch_parent} "
      "and run scripts/setup, which fetches both")
  endif()
  file(COPY ${texts} DESTINATION ${LICENCES})
endif()
