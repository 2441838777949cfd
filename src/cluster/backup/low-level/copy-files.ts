/**
 * sh functions that copy the files of one task into its archive and tell what was really stored: `$w/tasks/A.stored`
 * gets size, modification time, digest and path of each file, and `$w/tasks/A.gone` the paths of those that had
 * vanished. The digests are of the very bytes in the archive: a file that is read twice may have changed in between.
 *
 * - `copy_big` digests on the way: a second tar reads what the first one wrote, and starts sha256sum for each file.
 * - `copy_small` copies to a scratch folder first, where one sha256sum does them all: a process for each of thousands
 *   of small files would cost more than everything else.
 *
 * Both take the archive's name and the root folder, and use `$ending`, `compress`, `store` and `priority`.
 */
export const COPY_FILES = `
digest_one='set -- $(sha256sum) && printf "%s %s %s %s\\n" "$TAR_SIZE" "\${TAR_MTIME%.*}" "$1" "$TAR_FILENAME"'

# Only files that vanish or change while they are read are no failure (trap B9).
judge_tar() {
  sed -n 's/^tar: \\(.*\\): \\(Cannot stat\\|Cannot open\\): No such file or directory$/\\1/p
s/^tar: \\(.*\\): File removed before we read it$/\\1/p' "$1.err" > "$1.gone"
  if grep -v -e ': Cannot stat: No such file or directory$' -e ': Cannot open: No such file or directory$' \\
    -e ': File removed before we read it$' -e ': file changed as we read it$' \\
    -e ': File shrank by [0-9]* bytes*; padding with zeros$' -e ': Exiting with failure status due to ' "$1.err" >&2
  then return 1; fi
  case $2 in 0 | 1 | 2) return 0 ;; esac
  echo "tar ended with status $2" >&2
  return 1
}

read_files() {
  sh -c 'echo $$ > "$1"; shift; exec "$@"' lifeboat "$1.pid" $priority \\
    tar -cf - -C "$2" --no-recursion -T "$1.list" 2> "$1.err"
  echo $? > "$1.tar"
  rm -f "$1.pid"
}

copy_big() {
  task=$w/tasks/$1
  mkfifo "$task.copy" || return 1
  {
    $priority tar -xf - --to-command="$digest_one" > "$task.stored" 2> "$task.digest"
    status=$?
    cat > /dev/null
    exit $status
  } < "$task.copy" &
  digesting=$!
  read_files "$task" "$2" | { (trap - PIPE; exec tee "$task.copy"); echo $? > "$task.tee"; } |
    { compress; echo $? > "$task.compressed"; } | store "$1.tar$ending"
  stored=$?
  wait $digesting
  digested=$?
  judge_tar "$task" "$(cat "$task.tar")" || return 1
  [ "$stored $digested $(cat "$task.tee") $(cat "$task.compressed")" = '0 0 0 0' ] && return 0
  cat "$task.digest" >&2
  echo "$1.tar$ending could not be written" >&2
  return 1
}

copy_small() {
  task=$w/tasks/$1
  mkdir "$task.files" || return 1
  read_files "$task" "$2" | tar -xpf - -C "$task.files" 2> "$task.digest" || { cat "$task.digest" >&2; return 1; }
  judge_tar "$task" "$(cat "$task.tar")" || return 1
  (
    cd "$task.files" || exit 1
    find . -type f -exec stat -c '%s %Y %n' {} + > "$task.sizes" &&
      find . -type f -exec sha256sum {} + > "$task.digests" || exit 1
    awk '
      pass == 1 { digest[substr($0, 69)] = substr($0, 1, 64); next }
      { path = substr($0, length($1) + length($2) + 5); print $1, $2, digest[path], path }
    ' pass=1 "$task.digests" pass=2 "$task.sizes" > "$task.stored" || exit 1
    cut -d' ' -f4- "$task.stored" > "$task.names"
    { tar -cf - --no-recursion -T "$task.names"; echo $? > "$task.tee"; } |
      { compress; echo $? > "$task.compressed"; } | store "$1.tar$ending"
  )
  stored=$?
  rm -rf "$task.files"
  [ "$stored $(cat "$task.tee") $(cat "$task.compressed")" = '0 0 0' ] && return 0
  echo "$1.tar$ending could not be written" >&2
  return 1
}
`
