const SINGLE: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '\n': '',
}

const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|([\s\S]))/g

/** Replaces the escapes of a Python text literal (`\n`, `\x41`, `\101`); those it does not know stay as they are. */
export const unescapeText = (text: string): string => {
  if (!text.includes('\\')) return text
  return text.replace(ESCAPE, (whole, hex2, hex4, hex8, octal, character) => {
    const hex = hex2 ?? hex4 ?? hex8
    if (hex !== undefined) return fromCode(Number.parseInt(hex, 16), whole)
    if (octal !== undefined) return fromCode(Number.parseInt(octal, 8), whole)
    return SINGLE[character] ?? whole
  })
}

const fromCode = (code: number, otherwise: string): string =>
  code <= 0x10ffff ? String.fromCodePoint(code) : otherwise
