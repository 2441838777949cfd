#!/bin/sh
# Removes a process fleet, however far it came and whatever became of it: remove.sh FLEET_DIRECTORY TOKEN
set -u
directory=$1 token=$2
folder=$(dirname "$directory")

# Only the removal frees a number, so under the lock the token says for sure whose number it is.
exec 9>"$folder/.lock"
command -v flock >/dev/null && flock 9
[ "$(cat "$directory/token" 2>/dev/null)" = "$token" ] || exit 0

postmasters=$(find "$directory" -name postmaster.pid 2>/dev/null)

# Pids of what runs: servers by their pid files, with their children, and all that a login started by its HOME.
running() {
  for file in $postmasters "$directory"/*/sshd.pid; do
    [ -f "$file" ] || continue
    read -r pid <"$file"
    # After a crash the pid may have been given to somebody else.
    ps -o args= -p "$pid" 2>/dev/null | grep -q -F "$directory/" && echo "$pid" && pgrep -P "$pid"
  done
  [ ! -d /proc/self ] || grep -lsz "^HOME=$directory/" /proc/[0-9]*/environ | cut -d/ -f3
}

# A server that is told to quit gives back its shared memory.
for file in $postmasters; do
  read -r pid <"$file"
  ps -o args= -p "$pid" 2>/dev/null | grep -q -F "$directory/" && kill -QUIT "$pid" && quitting=1
done
[ -z "${quitting-}" ] || sleep 0.3

for _ in $(seq 50); do
  pids=$(running)
  [ -n "$pids" ] || break
  kill -9 $pids 2>/dev/null
  sleep 0.1
done

# The segment of one that was killed is named in the seventh line: key and id.
for file in $postmasters; do
  [ -f "$file" ] || continue
  segment=$(sed -n '7s/^ *[0-9]* *//p' "$file")
  [ -z "$segment" ] || ipcrm -m "$segment" 2>/dev/null
done

mv "$directory" "$folder/.removed-$token"
exec 9>&-

# What a removal or a start that was itself ended by force has left.
rm -rf "$folder"/.removed-*
find "$folder" -maxdepth 1 -name '.claim-*' -mmin +5 -exec rm -rf {} +
