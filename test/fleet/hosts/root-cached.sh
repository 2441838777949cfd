#!/bin/sh
# Prints nothing and does nothing when the base root is there, else builds it: root-cached.sh SUITE FINAL
# The name appears only when the root is whole; whoever comes second waits for the first.
set -eu
suite=$1
final=$2
here=$(dirname "$0")
building=$(dirname "$final")/.building-$(basename "$final")
mkdir -p "$(dirname "$final")"
exec 9>"$(dirname "$final")/.$suite.lock"
flock 9
[ ! -d "$final" ] || exit 0
rm -rf --one-file-system "$building"
mkdir "$building"
if ! unshare --mount --pid --fork --kill-child --mount-proc sh "$here/root.sh" "$suite" "$building"; then
  rm -rf --one-file-system "$building"
  exit 1
fi
mv "$building" "$final"
