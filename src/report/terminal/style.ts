import { styleText } from 'node:util'
import type { Output } from '../reporter.ts'

type Format = Parameters<typeof styleText>[0]

/** Colours text where the output shows colour, and leaves it as it is elsewhere. */
export type Style = (format: Format, text: string) => string

export const styleFor = (output: Output): Style =>
  output.colour ? (format, text) => styleText(format, text, { validateStream: false }) : (_format, text) => text
