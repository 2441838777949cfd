#!/bin/sh
# Removes a fleet, however far it came and whatever became of it: remove.sh FLEET_DIRECTORY TOKEN
set -u
directory=$1 token=$2
here=$(dirname "$0")
folder=$(dirname "$directory")
number=$(basename "$directory")

# Only the removal frees a number, so under the lock the token says for sure whose number it is.
exec 9>"$folder/.lock"
flock 9
[ "$(cat "$directory/token" 2>/dev/null)" = "$token" ] || exit 0

index=0
for _ in "$directory"/hosts/*; do
  sh "$here/power-off.sh" "$number" "$index" &
  index=$((index + 1))
done
wait
ip link delete "lbf$number" 2>/dev/null

# Hosts mount in namespaces of their own, which are gone. Should a mount stand here nevertheless, go no further than it.
awk -v below="$directory/" 'index($2, below) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r -n 1 umount -l
mv "$directory" "$folder/.removed-$token"
exec 9>&-

# What a removal or a start that was itself ended by force has left.
rm -rf --one-file-system "$folder"/.removed-*
find "$folder" -maxdepth 1 -name '.claim-*' -mmin +5 -exec rm -rf {} +
