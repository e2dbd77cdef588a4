# shellcheck shell=bash
# This part runs after the study's job, however that has ended. `lorahub submit` puts it into the
# report's script, behind the variables that it needs: it makes one HDF5 file of all shards and the
# report, and says what is missing.
: "${program[0]:?}" "${plan[0]:?}" "${out:?}" "${report:?}"

"${program[@]}" merge "${plan[@]}" --out "$out"
code=$? # 1: something is missing
"${program[@]}" report "$out" --out "$report" || "${program[@]}" report "$out" || code=$?
exit "$code"
