import { text } from './params.ts'

/** A name that useradd and groupadd take. */
export const accountName = text.refine(
  (name) => /^[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?$/.test(name),
  'must be a name of letters, digits, "_", "-" and "."',
)
