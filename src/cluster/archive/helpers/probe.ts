import { COMMON } from './common.ts'
import { FAR } from './far.ts'

/**
 * The helpers' self-test: `probe FOLDER COMPRESSION`. In a scratch folder inside the repository, on its real file
 * system and with the tools of this host (and those of the repository host, where it is another one), it archives a made
 * segment with the `push` beside it, archives it again, fetches it with `get`, and sees that other content, a foreign
 * segment, a damaged file and an absent one are each answered as they must be. Exits 0 when all was right; else 1 and
 * says what was not.
 */
export const PROBE = `#!/bin/sh
# Lifeboat's self-test: probe FOLDER COMPRESSION
${COMMON}
${FAR}
verdict=1
scratch= link= made=
say() { printf 'lifeboat probe: %s\\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
leave() {
  cd /
  [ -z "$scratch" ] || rm -rf "$scratch"
  [ -z "$made" ] || reach remove < /dev/null
  exit $verdict
}
trap leave EXIT
trap 'exit 1' HUP INT QUIT PIPE TERM

[ $# -eq 2 ] || fail "usage: probe FOLDER COMPRESSION"
folder=$1 compression=$2
here=\${0%/*}

[ "$compression" = none ] || command -v "$compression" >/dev/null || fail "$compression is not installed"
node=$(uname -n)
if is_far; then
  scratch=$(mktemp -d) || exit 1
  store=$folder
  LIFEBOAT_SCRATCH=probe.$node.$$
  export LIFEBOAT_SCRATCH
  reach make < /dev/null && made=yes || fail "$folder cannot be reached or written"
else
  read_identity "$folder" || fail "$folder has no readable identity.json"
  [ -d "$folder/wal" ] && [ -w "$folder/wal" ] || fail "$folder/wal cannot be written"
  staging=$folder/wal/.push
  [ -d "$staging" ] || mkdir "$staging" || exit 1
  for stale in "$staging"/probe."$node".*; do
    [ ! -d "$stale" ] || kill -0 "\${stale##*.}" 2>/dev/null || rm -rf "$stale"
  done
  mkdir "$staging/probe.$node.$$" || exit 1
  scratch=$staging/probe.$node.$$
  store=$scratch/store
  mkdir "$store" "$store/wal" || exit 1
fi
mkdir "$scratch/data" "$scratch/data/global" || exit 1

# 0x0101010101010101 and 0x00010100 read the same in either byte order.
printf '{\\n"system_identifier": "72340172838076673",\\n"wal_segment_size": 65792\\n}\\n' > "$scratch/identity" || exit 1
if [ -n "$link" ]; then reach identify < "$scratch/identity" || fail "the scratch folder takes no identity"
else cat "$scratch/identity" > "$store/identity.json" || exit 1
fi
sysid='\\001\\001\\001\\001\\001\\001\\001\\001'
zeros='\\000\\000\\000\\000\\000\\000\\000\\000'
make_segment() {
  { printf "$zeros$zeros$zeros$1\\000\\001\\001\\000\\000\\000\\000\\000" && head -c 65751 /dev/zero && printf "$2"; } > "$3"
}
cd "$scratch/data" || exit 1
printf "$sysid" > global/pg_control
make_segment "$sysid" a segment && make_segment "$sysid" b other && make_segment '\\002\\001\\001\\001\\001\\001\\001\\001' a foreign ||
  fail "the scratch files cannot be written"

first=000000010000000000000000
push() { "$here/push" "$store" "$compression" "$@"; }
get() { "$here/get" "$store" "$@"; }

push segment $first || fail "push failed"
push segment $first || fail "push refused a file that was archived already with the same content"
! push other $first 2>/dev/null || fail "push took other content for a name that was archived already"
! push foreign 000000010000000000000001 2>/dev/null || fail "push took a segment of another cluster"
push global/pg_control 00000002.history || fail "push failed for a history file"
get $first fetched || fail "get failed"
cmp -s fetched segment || fail "get fetched other bytes than push had stored"
get 000000010000000000000001 absent
[ $? -eq 1 ] || fail "get did not answer 1 for a file that is not there"
if [ -n "$link" ]; then reach damage < /dev/null || fail "the stored file cannot be damaged"
else
  find_stored "$store/wal/00000001/$first" || fail "the stored file is not there"
  head -c 20 "$stored" > cut && cat cut > "$stored" || fail "the stored file cannot be damaged"
fi
get $first damaged 2>/dev/null
[ $? -ge 126 ] || fail "get did not answer with 126 or more for a damaged file"
verdict=0
`
