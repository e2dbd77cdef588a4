# cmake -DIN=text -DOUT=text.inc -P embed.cmake: writes a text file as a C++ raw string literal.
file(READ ${IN} text)
string(FIND "${text}" ")embedded\"" end)
if(NOT end EQUAL -1)
  message(FATAL_ERROR "${IN} holds the characters that end its string literal: )embedded\"")
endif()
file(WRITE ${OUT} "R\"embedded(${text})embedded\"\n")
