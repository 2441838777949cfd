/**
 * sh functions that list what a base backup holds, by the rules of the server's own base backup (trap B11; manual:
 * Continuous Archiving, Backing Up the Data Directory).
 *
 * - `list_root NAME FOLDER START` lists what is in START below FOLDER: a data directory (NAME `data`, START `.`) or the
 *   part of a tablespace that is of this version (NAME its OID). `$w/NAME.dirs` gets every folder that must exist
 *   afterwards, `$w/NAME.files` size and path of every file, both relative to FOLDER. Fails where something cannot be
 *   read; what vanishes meanwhile is no failure.
 * - `plan_tasks NAME JOBS` divides the files: those of 1 MB and more into at most JOBS archives of about one size, the
 *   small ones into archives of at most `$spool` bytes. `$w/tasks/ARCHIVE.list` gets the paths, `$w/order` a line each: size,
 *   kind, archive, root.
 */
export const LIST_FILES = `
list_root() {
  (
    cd "$2" || exit 1
    case $3 in .) start=. ;; *) start=./$3 ;; esac
    find "$start" \\( -path './pg_wal/*' -o -path './pg_replslot/*' -o -path './pg_dynshmem/*' -o -path './pg_notify/*' \\
      -o -path './pg_serial/*' -o -path './pg_snapshots/*' -o -path './pg_stat_tmp/*' -o -path './pg_subtrans/*' \\
      -o -path "./$stats_temp/*" -o -name 'pgsql_tmp*' \\) -prune -o -type d -print 2> "$w/find" > "$w/dirs"
    find "$start" \\( -path './pg_wal/*' -o -path './pg_replslot/*' -o -path './pg_dynshmem/*' -o -path './pg_notify/*' \\
      -o -path './pg_serial/*' -o -path './pg_snapshots/*' -o -path './pg_stat_tmp/*' -o -path './pg_subtrans/*' \\
      -o -path "./$stats_temp/*" -o -name 'pgsql_tmp*' -o -name 'pg_internal.init*' -o -name postmaster.pid \\
      -o -name postmaster.opts -o -name postgresql.auto.conf.tmp -o -name current_logfiles.tmp -o -name backup_label \\
      -o -name tablespace_map -o -name backup_manifest -o -path ./global/pg_control \\) -prune \\
      -o -type f -exec stat -c '%s %n' {} + 2>> "$w/find" > "$w/found"
    if grep -v 'No such file or directory$' "$w/find" >&2; then exit 1; fi
    sed -n 's|^\\./||p' "$w/dirs" > "$w/$1.dirs"
    awk '
      function split_path() {
        size = $1; path = substr($0, length($1) + 4)
        name = path; sub(/.*\\//, "", name)
        folder = substr(path, 1, length(path) - length(name))
        relations = folder ~ /^(base|PG_[^\\/]*)\\/[0-9]+\\/$/
        relation = name; sub(/[_.].*$/, "", relation)
      }
      { split_path() }
      pass == 1 { if (relations && name ~ /^[0-9]+_init$/) unlogged[folder relation] = 1; next }
      relations && name ~ /^t[0-9]+_[0-9]+(_(fsm|vm|init))?(\\.[0-9]+)?$/ { next }
      relations && name ~ /^[0-9]+(_(fsm|vm))?(\\.[0-9]+)?$/ && (folder relation) in unlogged { next }
      { print size, path }
    ' pass=1 "$w/found" pass=2 "$w/found" > "$w/$1.files"
  )
}
plan_tasks() {
  sort -k1,1nr "$w/$1.files" | awk -v root="$1" -v jobs="$2" -v spool="$spool" -v folder="$w/tasks" '
    { size = $1; path = substr($0, length($1) + 2) }
    size >= 1048576 {
      if (bins < jobs) best = ++bins
      else { best = 1; for (bin = 2; bin <= bins; bin++) if (big[bin] < big[best]) best = bin }
      big[best] += size
      print path > (folder "/" root "-" best ".list")
      next
    }
    {
      if (number == 0 || small + size > spool || ++count > 20000) {
        if (number > 0) { close(list); print small, "small", root "-" number, root }
        number = (number == 0 ? bins : number) + 1; small = count = 0
        list = folder "/" root "-" number ".list"
      }
      small += size
      print path > list
    }
    END {
      for (bin = 1; bin <= bins; bin++) printf "%.0f big %s-%d %s\\n", big[bin], root, bin, root
      if (number > 0) print small, "small", root "-" number, root
    }
  ' >> "$w/order"
}
`
