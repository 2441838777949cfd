#!/bin/sh
# Boots a host: power-on.sh FLEET_NUMBER HOST_INDEX ADDRESS/PREFIX HOST_DIRECTORY BASE_ROOT [first-process.sh's arguments…]
# It runs as long as the host does.
set -eu
here=$(dirname "$0")
. "$here/names.sh"
address=$3 directory=$4 base=$5
shift 5

# A host that shut itself down has left its network behind.
sh "$here/power-off.sh" "$number" "$index"
ip netns add "$namespace"
# The same network card at each boot: neighbours remember its address longer than a boot takes.
card=$(printf '02:00:0a:d5:%02x:%02x' "$number" "$index")
ip link add "$link" type veth peer name eth0 address "$card" netns "$namespace"
ip link set "$link" master "$bridge" up
ip -n "$namespace" link set lo up
ip -n "$namespace" link set eth0 up
# The controller is a neighbour; with no other route nothing that a host sends can leave the machine.
ip -n "$namespace" address add "$address" dev eth0

mkdir -p "$cgroup"
# The cgroup is entered by the child alone: systemd wants the root of its hierarchy for itself.
exec nsenter --net="/run/netns/$namespace" unshare --mount --pid --fork --uts --ipc \
  sh -c 'echo 0 >"$0/cgroup.procs"; exec unshare --cgroup sh "$@"' "$cgroup" \
  "$here/first-process.sh" "$directory" "$base" "$@"
