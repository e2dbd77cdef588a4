#!/usr/bin/env bash
# Speed of `lorahub report` on a generated study of 10,000 trials and 1,000,000 evaluations: fails
# over 30 s or 1 GB.   report_bench.sh GENERATOR LORAHUB
set -euo pipefail
generator=$1 lorahub=$2
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
mkdir "$folder/large"
"$generator" "$folder/large/large.h5"
/usr/bin/python3 - "$lorahub" "$folder" <<'PY'
import os, resource, subprocess, sys, time
lorahub, folder = sys.argv[1:]
start = time.monotonic()
subprocess.run([lorahub, "report", folder + "/large", "--out", folder + "/large.html"], check=True)
seconds = time.monotonic() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
gigabytes = used.ru_maxrss / 1e6
print(f"report: {seconds:.1f} s ({used.ru_utime + used.ru_stime:.1f} s of processor), {gigabytes:.2f} GB, "
      f"{os.path.getsize(folder + '/large/large.h5') / 1e6:.0f} MB in, {os.path.getsize(folder + '/large.html') / 1e3:.0f} kB out")
sys.exit(seconds > 30 or gigabytes > 1)
PY
