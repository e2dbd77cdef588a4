# cmake -DSOURCE=checkout -DOUT=commit.inc -P commit.cmake: writes the commit as a C string; the file changes only when
# the commit does. A trailing + says that tracked files differ from it.
execute_process(COMMAND git -C ${SOURCE} describe --always --dirty=+ --exclude=* --abbrev=12
                OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(commit unknown)
endif()
file(CONFIGURE OUTPUT ${OUT} CONTENT "\"${commit}\"\n")
