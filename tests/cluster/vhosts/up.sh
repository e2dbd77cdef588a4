#!/bin/bash
# Virtual hosts h1..hN on this machine: each has a network, a hostname, /dev/shm and /etc/hosts of its own; a bridge in a
# namespace of its own joins them, the machine's network is not touched. The file system is shared, as on a cluster.
#   up.sh DIR N                         root, iproute2, util-linux; code 77: namespaces are not permitted here
#   DIR/vexec h2 command...             runs a command on h2
#   mpirun --mca plm_rsh_agent DIR/vrsh --host h1,h2 ...     from h1: DIR/vexec h1 mpirun ...
#   DIR/vcut h2, DIR/vheal h2           the network unplugged (processes live on), plugged in again
#   DIR/vpoweroff h2                    unplugged, then all its processes killed: the others see silence, as in a crash
set -euo pipefail
mkdir -p "$1"
dir=$(cd "$1" && pwd) n=${2:-2} net=10.77.0 prefix=lh$$
[ "$(id -u)" = 0 ] && command -v ip nsenter >/dev/null && unshare --net --uts --mount true 2>/dev/null &&
  ip netns add "${prefix}sw" 2>/dev/null || { echo "up.sh: namespaces are not permitted here" >&2; exit 77; }
echo "$prefix" >"$dir/prefix"
: >"$dir/holders"
{ echo "127.0.0.1 localhost"; for ((i = 1; i <= n; ++i)); do echo "$net.$((10 + i)) h$i"; done; } >"$dir/hosts"

cat >"$dir/vexec" <<END
#!/bin/bash
holder=\$(awk -v h="\$1" '\$1 == h {print \$2}' '$dir/holders')
shift
exec nsenter -t "\$holder" --net --uts --mount --wd="\$PWD" -- "\$@"
END
cat >"$dir/vrsh" <<END
#!/bin/bash
while [ "\${1#-}" != "\$1" ]; do shift; done # options, as of ssh
host=\$1; shift
ip -n ${prefix}sw -br link show p\$host 2>/dev/null | grep -q ' UP ' || { echo "no route to \$host" >&2; exit 255; }
exec '$dir/vexec' "\$host" env -i HOME="\$HOME" PATH="\$PATH" USER="\${USER:-root}" OMPI_ALLOW_RUN_AS_ROOT=1 \\
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 sh -c "\$*"
END
printf '#!/bin/sh\nexec ip -n %ssw link set p$1 down\n' "$prefix" >"$dir/vcut"
printf '#!/bin/sh\nexec ip -n %ssw link set p$1 up\n' "$prefix" >"$dir/vheal"
cat >"$dir/vpoweroff" <<END
#!/bin/bash
'$dir/vcut' \$1
for i in 1 2 3 4 5; do pids=\$(ip netns pids $prefix\$1); [ -n "\$pids" ] || break; kill -9 \$pids 2>/dev/null; sleep 0.05; done
END
chmod +x "$dir"/v*

ip -n "${prefix}sw" link set lo up
ip -n "${prefix}sw" link add br0 type bridge
ip -n "${prefix}sw" link set br0 up
for ((i = 1; i <= n; ++i)); do
  h=h$i
  ip netns add "$prefix$h"
  ip -n "$prefix$h" link set lo up
  ip link add "e$prefix$i" netns "$prefix$h" type veth peer name "p$h" netns "${prefix}sw"
  ip -n "$prefix$h" link set "e$prefix$i" name eth0
  ip -n "$prefix$h" addr add "$net.$((10 + i))/24" dev eth0
  ip -n "$prefix$h" link set eth0 up
  ip -n "${prefix}sw" link set "p$h" master br0 up
  setsid nsenter --net="/run/netns/$prefix$h" unshare --uts --mount sh -c "hostname $h; mount -t tmpfs tmpfs /dev/shm
    mount --bind '$dir/hosts' /etc/hosts; mount -t sysfs sysfs /sys 2>/dev/null; echo up >'$dir/$h.up'
    exec sleep infinity" </dev/null >/dev/null 2>&1 &
  echo "$h $!" >>"$dir/holders"
  for ((t = 0; t < 250; ++t)); do [ -s "$dir/$h.up" ] && break; sleep 0.02; done
done
