import { LifeboatError } from '../../base/errors.ts'

/**
 * sh function for scripts that give several files back: `frame NAME FILE` prints the file behind a line with its
 * length, so that any bytes can be in it. NAME has no newline.
 */
export const FRAME_FUNCTION = `frame() {
  printf '%s %s\\n' "$(( $(wc -c < "$2") ))" "$1" && cat < "$2" && echo
}
`

export interface Frame {
  readonly name: string
  readonly content: Buffer
}

/**
 * Reads what `frame` printed.
 *
 * @throws lifeboat/bug when the output is not made of frames
 */
export const parseFrames = (output: Buffer): Frame[] => {
  const frames: Frame[] = []
  let at = 0
  while (at < output.length) {
    const end = output.indexOf('\n', at)
    const match = /^(\d+) (.*)$/.exec(output.subarray(at, end === -1 ? output.length : end).toString())
    const start = end + 1
    const length = Number(match?.[1])
    if (end === -1 || !match || output[start + length] !== 0x0a) {
      throw new LifeboatError('lifeboat/bug', 'the output of a script is not a sequence of frames')
    }
    frames.push({ name: match[2] ?? '', content: output.subarray(start, start + length) })
    at = start + length + 1
  }
  return frames
}
