#!/bin/sh
# refuses.sh SOURCE COMPILER [FLAG...]: a whole row of the table of knobs compiles, one with a part left out does not.
set -eu
source=$1
shift
row=$source/tests/study/table/row.cpp
"$@" -fsyntax-only -I"$source/src" "$row"
for part in WITHOUT_NAME WITHOUT_KIND WITHOUT_UNIT EMPTY_UNIT WITHOUT_MEANING EMPTY_MEANING WITHOUT_READER; do
  if "$@" -fsyntax-only -I"$source/src" "-D$part" "$row" 2>/dev/null; then
    echo "a knob compiles with $part"
    exit 1
  fi
done
