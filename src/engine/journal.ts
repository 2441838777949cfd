import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { destination, pino } from 'pino'
import type { RunEvent } from '../base/events.ts'

/** The journal of a run: every event as one JSON line, written as it happens. */
export interface Journal {
  readonly path: string
  handle(event: RunEvent): void
  close(): void
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
      const hide = 'result' in event && event.result.hidden
      const shown = hide ? { ...event, result: { status: event.result.status, hidden: true } } : event
      log.info(shown)
    },
    close: () => stream.end(),
  }
}
