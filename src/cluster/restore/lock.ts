import { LifeboatError } from '../../base/errors.ts'
import { sh } from '../../base/quote.ts'
import type { Session } from '../../host/connection.ts'

const HEARTBEAT_MILLISECONDS = 20_000

/**
 * Runs something while nobody else restores into the same data directory. The lock is held by a process on the host
 * that lives as long as this controller does: it ends when the connection does, when the host restarts, and two minutes
 * after the last sign of life.
 *
 * @param session of the cluster's owner
 * @throws restore/locked with the run that holds it
 */
export const whileLocked = async <T>(
  session: Session,
  dataDirectory: string,
  runId: string,
  work: () => Promise<T>,
): Promise<T> => {
  const holder = await session.start(lockScript(dataDirectory, runId))
  let lost = false
  holder.ended.catch(() => {
    lost = true
  })
  holder.stdin.on('error', () => undefined)
  let complaint = ''
  holder.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk.toString()
  })
  const answer = await firstLine(holder.stdout)
  if (answer !== 'locked') {
    holder.stdin.end()
    const { status } = await holder.ended
    if (answer.startsWith('held')) {
      throw new LifeboatError('restore/locked', `another run works on ${dataDirectory}: ${answer.slice(5)}`, {
        hints: ['wait until it has ended', 'a run whose controller is gone lets go within two minutes'],
      })
    }
    throw new LifeboatError('restore/step-failed', `locking ${dataDirectory} failed with status ${status}`, {
      hints: [complaint.trim()],
    })
  }
  const heartbeat = setInterval(() => holder.stdin.write('alive\n'), HEARTBEAT_MILLISECONDS)
  try {
    return await work()
  } finally {
    clearInterval(heartbeat)
    holder.stdin.end()
    if (!lost) await holder.ended.catch(() => undefined)
  }
}

const firstLine = async (output: AsyncIterable<Buffer | string> & { resume(): unknown }): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = ''
    const stream = output as unknown as NodeJS.ReadableStream
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')))
    })
    stream.on('end', () => resolve(text))
    stream.on('error', reject)
  })

// The kernel drops the lock with the process. The file is removed only by who holds it, and one that was removed under
// another's hands is opened anew. Where flock is not installed a folder with the holder's pid does, less strictly.
const lockScript = (dataDirectory: string, runId: string): string => {
  const slash = dataDirectory.lastIndexOf('/')
  const path = `${dataDirectory.slice(0, slash)}/.${dataDirectory.slice(slash + 1)}.lifeboat-lock`
  return `umask 077
${sh`lock=${path} run=${runId}`.text}
tries=5
if command -v flock >/dev/null 2>&1; then
  until exec 9>>"$lock" || exit 1; flock -n 9 && [ "$lock" -ef /dev/fd/9 ]; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || { echo "held $(cat "$lock")"; exit 0; }
    sleep 1
  done
  file=$lock
else
  until mkdir "$lock.d" 2>/dev/null; do
    tries=$((tries - 1))
    pid=$(sed -n 's/.*process //p' "$lock.d/holder" 2>/dev/null)
    if [ -n "$pid" ] && ! kill -0 "$pid" 2>/dev/null; then rm -rf "$lock.d"; continue; fi
    [ $tries -gt 0 ] || { echo "held $(cat "$lock.d/holder")"; exit 0; }
    sleep 1
  done
  file=$lock.d/holder
fi
echo "run $run, process $$" > "$file" || exit 1
echo locked
(
  exec 9>&-
  while sleep 15 && kill -0 $$ 2>/dev/null; do
    [ -n "$(find "$file" -mmin -2 2>/dev/null)" ] || { kill $$; exit; }
  done
) </dev/null >/dev/null 2>&1 &
watch=$!
while read -r _; do touch "$file"; done
kill $watch 2>/dev/null
rm -f "$file"
[ "$file" = "$lock" ] || rm -rf "$lock.d"
exit 0
`
}
