#!/usr/bin/env bash
# Packs what a bare machine with a GPU needs to check this tree: the program and the tests that name a GPU, stripped, and
# the libraries that few machines have. LibTorch and CUDA's libraries are not in it: that machine has a Python with
# torch 2.11.0+cu130.
#   tests/gpu/bundle.sh            builds the preset `cuda` first (scripts/setup --cuda fetches what it needs)
#   tests/gpu/bundle.sh BUILD      packs what is built there; a build for CPUs makes a bundle to rehearse with
# Writes BUILD/bundle.tar.xz, at most 60 MiB, which check.sh takes.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${1:-$root/build/cuda} most=$((60 << 20))
[ $# -gt 0 ] || (cd "$root" && cmake --workflow --preset cuda)
programs=("$build/lorahub" "$build"/tests/{tensor,model,train,run}_test)
readelf -d "${programs[0]}" | grep -q 'NEEDED.*libtorch_cuda' ||
  echo "bundle: $build was built without CUDA, the bundle is for rehearsals alone" >&2
bundle=$build/bundle
rm -rf "$bundle" && mkdir -p "$bundle/bin" "$bundle/lib"
for program in "${programs[@]}"; do strip -s -o "$bundle/bin/${program##*/}" "$program"; done
# What the loader finds in the system's folders, but for the libraries of glibc and of the compiler.
everywhere='^(libc|libm|libdl|libpthread|librt|libresolv|libutil|libanl|libnsl|ld-linux-x86-64|libstdc\+\+|libgcc_s)\.so'
ldd "${programs[@]}" | awk '$3 ~ /^\/(usr\/)?lib\// {print $1, $3}' | sort -u | grep -vE "$everywhere" |
  while read -r name path; do
    cp -L "$path" "$bundle/lib/$name" && chmod u+w "$bundle/lib/$name"
    strip --strip-unneeded "$bundle/lib/$name" 2>/dev/null || true
  done
source_dir=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$build/CMakeCache.txt")
echo "$source_dir" >"$bundle/source_dir" # compiled into the tests
git -C "$root" rev-parse HEAD >"$bundle/commit"
tar -C "$bundle" -cf - . | xz -T2 -6 >"$build/bundle.tar.xz"
size=$(stat -c %s "$build/bundle.tar.xz")
echo "$build/bundle.tar.xz: $(((size + 1048575) / 1048576)) MiB"
[ "$size" -le $most ] || { echo "bundle: more than 60 MiB" >&2; exit 1; }
