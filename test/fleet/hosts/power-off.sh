#!/bin/sh
# Cuts the power of a host and takes away all but its disk: power-off.sh FLEET_NUMBER HOST_INDEX
# Each step may find its work done already.
set -u
. "$(dirname "$0")/names.sh"

# The link goes first: a host without power says nothing, while killed processes would close their connections.
ip link set "$link" down 2>/dev/null

if [ -d "$cgroup" ]; then
  # Kernels before 5.14 have no cgroup.kill. The end of the first process ends all others of its pid namespace.
  echo 1 2>/dev/null >"$cgroup/cgroup.kill" ||
    find "$cgroup" -name cgroup.procs -exec cat {} + | xargs -r kill -9 2>/dev/null
  for _ in $(seq 200); do
    grep -q 'populated 1' "$cgroup/cgroup.events" 2>/dev/null || break
    sleep 0.05
  done
  find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null
fi

[ ! -e "/run/netns/$namespace" ] || ip netns delete "$namespace"
ip link delete "$link" 2>/dev/null
exit 0
