/**
 * sh that names a process so that another one with the same number, after a restart of the host or of the counter, is
 * not taken for it: `$boot`, and `begun PID`, which prints the moment it began, and nothing where it is gone. Both are `-`
 * where there is no /proc.
 */
export const PROCESS_FUNCTIONS = `boot=-
[ ! -r /proc/sys/kernel/random/boot_id ] || read -r boot < /proc/sys/kernel/random/boot_id
begun() {
  [ "$boot" != - ] || { echo -; return 0; }
  IFS= read -r line 2>/dev/null < "/proc/$1/stat" || return 0
  set -- \${line##*) }
  echo "\${20}"
}
`
