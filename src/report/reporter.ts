import type { RunEvent } from '../base/events.ts'

/** Makes something that people or machines read from the events of a run, and from nothing else. */
export interface Reporter {
  handle(event: RunEvent): void
  /** Called once after the last event; takes down whatever is still on the screen. */
  close(): void
  /** Keeps off the screen while a person is asked something there. */
  aside?<T>(work: () => Promise<T>): Promise<T>
}

/** Where a reporter writes: the terminal, a pipe, or a string in a test. */
export interface Output {
  write(text: string): void
  readonly isTTY: boolean
  /** Characters in a line. */
  readonly columns: number
  readonly colour: boolean
}
