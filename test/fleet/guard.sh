#!/bin/sh
# Waits until the owner of a fleet is gone, then removes what it left: guard.sh PID START REMOVE DIRECTORY TOKEN
pid=$1 start=$2 remove=$3 directory=$4 token=$5

alive() {
  kill -0 "$pid" 2>/dev/null || return 1
  [ -r "/proc/$pid/stat" ] || return 0
  read -r stat <"/proc/$pid/stat" || return 1
  # The command stands in parentheses and may hold spaces; after it come the state and, 19 further, the start time.
  stat=${stat##*) }
  set -- $stat
  [ "$1" != Z ] && [ "${20}" = "$start" ]
}

while alive; do
  [ -e "$directory/token" ] || exit 0
  sleep 0.5
done
exec sh "$remove" "$directory" "$token"
