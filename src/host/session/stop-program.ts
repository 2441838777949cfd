/**
 * Shell text that stops what a script has started: all processes of its group, and those that left the group but not
 * the session (`timeout` and job control give their children groups of their own). A daemon has a session of its own by
 * then and lives on. Dead processes that nobody has waited for yet (a container's first process may be slow at it) count
 * as gone.
 */

/** Seconds between the first signal and KILL. */
const GRACE_SECONDS = 5

// The name of a program may hold spaces and parentheses. Behind it: state, parent, group, session.
const OF_GROUP = '-e "s/^\\([0-9]*\\) (.*) [^ZX] [0-9]* $p .*/\\1/p"'
const OF_SESSION = '-e "s/^\\([0-9]*\\) (.*) [^ZX] [0-9]* [0-9]* $p .*/\\1/p"'

/** Defines `m`, which sets `t` to the processes that are left of group `p`, and is false where there are none. */
const MEMBERS = `m() { t=$(sed -n ${OF_GROUP} ${OF_SESSION} /proc/[0-9]*/stat); [ "$t" ]; }; `

/**
 * Defines `n`, which waits: 50 ms at first, a quarter of a second later, a whole one where `sleep` knows no fractions;
 * `g`, with which the grace begins, and `e`, which is true until it is over, however busy the host is.
 */
const GRACE =
  'n() { c=$((c+1)); if [ $c -lt 10 ]; then sleep 0.05; else sleep 0.25; fi || sleep 1; }; ' +
  `g() { c=0; sleep ${GRACE_SECONDS} & k=$!; }; e() { kill -0 $k; }; `

/** Defines `d`, which is true for a process that ignores HUP: the lowest bit of the mask. */
const DETACHED =
  'd() { i=; while read -r a b; do case $a in SigIgn:) i=$b; esac; done </proc/$1/status; ' +
  'case $i in *[13579bdf]) ;; *) false; esac; }; '

/** Defines `a`, which sets `v` to the members of the group that do not want to live on, and is false where all do. */
const ATTACHED = 'a() { v=; m; for t in $t; do d $t || v="$v $t"; done; [ "$v" ]; }; '

/**
 * Defines `h`, which stops group `p` because nobody is there any more to hear of it, and exits. As at a terminal that
 * hangs up, what ignores HUP (`nohup`) was meant to live on, and does. What a script starts to clean up gets no signal
 * before the grace is over.
 */
export const HANG_UP =
  `${MEMBERS}${GRACE}${DETACHED}${ATTACHED}h() { trap '' HUP; [ "$p" ] || exit; if [ -d /proc/self ]; then ` +
  'a && kill -TERM $v; g; while e && a; do n; done; a && kill -KILL $v; kill $k; ' +
  `else kill -TERM -$p; sleep ${GRACE_SECONDS}; kill -KILL -$p; fi; exit; }; `

// Where there is no /proc. What left the group is not found then.
const MEMBERS_BY_PS =
  'm() { q=$(ps -A -o pgid,stat || ps -o pgid,stat) || kill -0 -$p || return 1; ' +
  `printf '%s\\n' "$q" | grep -q "^ *$p  *[^Z ]"; }; `

/**
 * Defines `z`, which stops group `p` because that was asked for: the signal, and KILL for what is left after a grace.
 * Says nothing if its standard error goes nowhere.
 */
export const STOP =
  `${MEMBERS}${GRACE}[ -d /proc/self ] || ${MEMBERS_BY_PS}` +
  `o() { sed -n -e "s/ (.*) . [0-9]* $p .*//" ${OF_SESSION} /proc/[0-9]*/stat; }; ` +
  'z() { o=$(o); kill -$1 -$p || kill -$1 $p; [ -z "$o" ] || kill -$1 $o; ' +
  'if [ $1 != KILL ]; then g; while e && m; do n; done; kill $k; fi; ' +
  'o=$(o); kill -KILL -$p; [ -z "$o" ] || kill -KILL $o; }; '

/** Stops a process group, as a program of its own. */
export const stopLine = (group: number, signal: 'TERM' | 'KILL' | 'INT'): string =>
  `exec 2>/dev/null; p=${group}; ${STOP}z ${signal}; exit 0\n`
