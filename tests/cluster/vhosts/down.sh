#!/bin/bash
# Undoes up.sh: ends what runs on the virtual hosts, removes the namespaces.    down.sh DIR
set -u
prefix=$(cat "$1/prefix")
for name in $(ip netns list | awk '{print $1}' | grep "^${prefix}h[0-9]*$"); do
  "$1/vpoweroff" "${name#"$prefix"}"
  ip netns del "$name"
done
ip netns del "${prefix}sw"
