/**
 * sh that names a process so that another one with the same number, after a restart of the host or of the counter, is
 * not taken for it: `$boot`, and `begun PID`, the moment it began. Both are empty where there is no /proc.
 */
export const PROCESS_FUNCTIONS = `boot=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)
begun() {
  line=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
  set -- \${line##*) }
  echo "\${20}"
}
`
