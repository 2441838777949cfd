/** Everything that a terminal would take for a command: control characters but newline and tab, and directions of writing. */
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** Text of a host as it can be shown: what could move the cursor, change colours or hide something is written as `\x1b`. */
export const printable = (text: string): string =>
  text.replaceAll('\r\n', '\n').replace(CONTROLS, (character) => {
    const code = character.charCodeAt(0)
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`
  })
