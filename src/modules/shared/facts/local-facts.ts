import type { FactFields, Facts } from './platform.ts'

/** The user's own facts: `*.fact` files in JSON or INI, or programs that print either. */
export const localFacts = (fields: FactFields): Facts => {
  const facts: Facts = {}
  for (const [key, text] of fields) {
    if (key.startsWith('local.')) facts[key.slice('local.'.length)] = readFact(key.slice('local.'.length), text)
  }
  return { local: facts }
}

const readFact = (name: string, text: string): unknown => {
  if (text.endsWith('\u0001')) return `error: the program ${name}.fact failed`
  try {
    return JSON.parse(text)
  } catch {
    return readIni(text) ?? `error: ${name}.fact is neither JSON nor INI`
  }
}

const readIni = (text: string): Facts | undefined => {
  const sections: Record<string, Record<string, string>> = {}
  let section: Record<string, string> | undefined
  for (const line of text.split('\n').map((each) => each.trim())) {
    if (line === '' || /^[#;]/.test(line)) continue
    const heading = /^\[(.+)\]$/.exec(line)?.[1]
    const pair = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(line)
    if (heading !== undefined) {
      section = sections[heading] ??= {}
    } else if (pair?.[1] !== undefined && section !== undefined) {
      section[pair[1].toLowerCase()] = pair[2] ?? ''
    } else return undefined
  }
  return sections
}
