import { COMMON } from './common.ts'

/**
 * The helpers' self-test: `probe FOLDER COMPRESSION`. In a scratch folder inside the repository, on its real file
 * system and with the tools of this host, it archives a made segment with the `push` beside it, archives it again,
 * fetches it with `get`, and sees that other content, a foreign segment, a damaged file and an absent one are each
 * answered as they must be. Exits 0 when all was right; else 1 and says what was not.
 */
export const PROBE = `#!/bin/sh
# Lifeboat's self-test: probe FOLDER COMPRESSION
${COMMON}
verdict=1
scratch=
say() { printf 'lifeboat probe: %s\\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
trap '[ -z "$scratch" ] || rm -rf "$scratch"; exit $verdict' EXIT
trap 'exit 1' HUP INT QUIT PIPE TERM

[ $# -eq 2 ] || fail "usage: probe FOLDER COMPRESSION"
folder=$1 compression=$2
here=\${0%/*}

read_identity "$folder" || fail "$folder has no readable identity.json"
[ -d "$folder/wal" ] && [ -w "$folder/wal" ] || fail "$folder/wal cannot be written"
[ "$compression" = none ] || command -v "$compression" >/dev/null || fail "$compression is not installed"
staging=$folder/wal/.push
[ -d "$staging" ] || mkdir "$staging" || exit 1
node=$(uname -n)
for stale in "$staging"/probe."$node".*; do
  [ ! -d "$stale" ] || kill -0 "\${stale##*.}" 2>/dev/null || rm -rf "$stale"
done
made=$staging/probe.$node.$$
mkdir "$made" || exit 1
scratch=$made
mkdir "$scratch/store" "$scratch/store/wal" "$scratch/data" "$scratch/data/global" || exit 1

# 0x0101010101010101 and 0x00010100 read the same in either byte order.
printf '{"system_identifier": "72340172838076673", "wal_segment_size": 65792}\\n' > "$scratch/store/identity.json" || exit 1
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
push() { "$here/push" "$scratch/store" "$compression" "$@"; }
get() { "$here/get" "$scratch/store" "$@"; }

push segment $first || fail "push failed"
push segment $first || fail "push refused a file that was archived already with the same content"
! push other $first 2>/dev/null || fail "push took other content for a name that was archived already"
! push foreign 000000010000000000000001 2>/dev/null || fail "push took a segment of another cluster"
push global/pg_control 00000002.history || fail "push failed for a history file"
get $first fetched || fail "get failed"
cmp -s fetched segment || fail "get fetched other bytes than push had stored"
get 000000010000000000000001 absent
[ $? -eq 1 ] || fail "get did not answer 1 for a file that is not there"
find_stored "$scratch/store/wal/00000001/$first" || fail "the stored file is not there"
head -c 20 "$stored" > cut && cat cut > "$stored" || fail "the stored file cannot be damaged"
get $first damaged 2>/dev/null
[ $? -ge 126 ] || fail "get did not answer with 126 or more for a damaged file"
verdict=0
`
