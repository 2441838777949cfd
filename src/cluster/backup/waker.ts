import { sh } from '../../base/quote.ts'
import { quoteLiteral } from '../../postgres/sql-literal.ts'
import { applicationName } from './application-name.ts'
import type { TakeOptions } from './take-script.ts'

/**
 * Shell function `wake`, to be run beside pg_basebackup, whose number stands in `$w/dumping`.
 *
 * At its end the server looks once a second whether the WAL of the backup is archived. It is woken to look sooner, for
 * three seconds: SIGUSR1 alone, without a reason in its memory, only wakes a PostgreSQL process. (It counts each waking as
 * a second, and says the sooner that it waits.) Whether it waits is asked when pg_basebackup writes nothing any more, and
 * again right before each signal, so that hardly another process has got its number. The view is there from 13 on.
 */
export const waker = ({ cluster, runId }: TakeOptions): string => {
  const ask = `SELECT pid FROM pg_stat_progress_basebackup JOIN pg_stat_activity USING (pid)
    WHERE application_name = ${quoteLiteral(applicationName(runId))}
    AND phase = 'waiting for wal archiving to finish'`
  const psql = sh`PGAPPNAME=lifeboat ${`${cluster.binDirectory}/psql`} -X -A -t -w -d postgres -c ${ask}`.text
  return cluster.majorVersion < 13
    ? 'wake() { :; }'
    : `wake() {
  seen= still=0 next=3 woken=0 turn=0 vain=0
  until [ -s "$w/dumping" ]; do
    [ $turn -lt 50 ] || return
    turn=$((turn + 1))
    sleep 0.1 2>/dev/null || sleep 1
  done
  while { sleep 0.1 2>/dev/null || sleep 1; } && read -r pid < "$w/dumping" && { read -r _; read -r _ bytes; } < "/proc/$pid/io"; do
    if [ "$bytes" != "$seen" ]; then seen=$bytes still=0 next=3; continue; fi
    still=$((still + 1))
    [ $still -ge $next ] || continue
    if sender=$(${psql}) && [ -n "$sender" ]; then kill -USR1 "$sender"; woken=$((woken + 1))
    else next=$((still * 2)) vain=$((vain + 1))
    fi
    # Where it writes in fits and starts it is not asked for ever.
    [ $woken -lt 30 ] && [ $vain -lt 100 ] || return
  done
}`
}
