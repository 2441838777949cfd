import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { destination, pino } from 'pino'
import type { RunEvent } from '../base/events.ts'
import type { TaskResult } from '../base/result.ts'

/** The journal of a run: every event as one JSON line, written as it happens. */
export interface Journal {
  readonly path: string
  handle(event: RunEvent): void
  close(): void
}

/** A result as the journal keeps it: nothing of what `no_log` hides, and no text twice. */
const kept = (result: TaskResult): unknown => {
  if (result.hidden) return { status: result.status, hidden: true }
  const { stdout_lines: _, stderr_lines: __, ...fields } = result.fields
  const isTwice = typeof fields.stdout === 'string' && typeof fields.stderr === 'string'
  return { ...result, fields: isTwice ? fields : result.fields, items: result.items?.map(kept) }
}

/**
 * Opens the journal `<folder>/<run id>.jsonl`, readable by its owner alone. Written synchronously, so that a killed
 * controller leaves all that had happened. Progress is not kept.
 */
export const openJournal = (folder: string, runId: string): Journal => {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, `${runId}.jsonl`)
  const stream = destination({ dest: path, sync: true, mode: 0o600 })
  const log = pino({ base: { run: runId }, timestamp: false }, stream)
  return {
    path,
    handle: (event) => {
      if (event.type === 'host-progress') return
      log.info('result' in event ? { ...event, result: kept(event.result) } : event)
    },
    close: () => stream.end(),
  }
}
