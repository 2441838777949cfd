/**
 * One thing that differs between what is and what is asked. The same list is the prediction of check mode, the work of
 * a real run and, empty, its proof.
 */
export interface Change {
  /** What differs, in the user's words: `mode`, `content`, `wal_level`, `state`. */
  readonly subject: string
  /** Null where there is nothing. Text with several lines is shown as a unified diff. */
  readonly before: ChangeValue
  readonly after: ChangeValue
  /** Hides both values in every output. */
  readonly sensitive?: boolean
  /** Text of files whose diff nobody asked for: its values were taken out, so that no log keeps what is in the file. */
  readonly withheld?: boolean
}

export type ChangeValue = null | boolean | number | string | readonly string[]
