#!/bin/sh
# count_files.sh SOURCE PATCH MOST COMPILER [FLAG...]: applies the patch to a copy of src and fails where it touches more
# than MOST files there, or where the files of src/study that it touches, or the tables, do not compile with it.
set -eu
export LC_ALL=C
source=$1 patch=$2 most=$3
shift 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$source/src" "$work/src"

patch -d "$work" -p0 --no-backup-if-mismatch <"$patch"

touched=$(diff -rqN "$source/src" "$work/src" | sed -n "s|^Files .* and $work/\(.*\) differ\$|\1|p")
count=$(echo "$touched" | grep -c . || true)
echo "$touched"
if [ "$count" -eq 0 ]; then
  echo "$patch changes nothing in src"
  exit 1
fi
if [ "$count" -gt "$most" ]; then
  echo "$patch touches $count files of src, more than $most"
  exit 1
fi

for file in $( (echo "$touched" | grep '^src/study/.*cpp$' || true; echo src/study/knobs.cpp src/study/methods.cpp \
    src/study/choices.cpp) | tr ' ' '\n' | sort -u); do
  "$@" -fsyntax-only -I"$work/src" "$work/$file"
done
