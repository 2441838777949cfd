/** A column of a result. */
export interface SqlField {
  readonly name: string
  /** As format_type() writes it: `integer`, `numeric(10,2)`, `text[]`. */
  readonly type: string
}

/**
 * Makes a value of JavaScript out of PostgreSQL's text: numbers for integers (a bigint beyond 2^53 stays a string, so
 * do numeric, money and every type not named here), booleans, parsed JSON, arrays, ISO 8601 for timestamps (with time
 * zone: in UTC).
 */
export const decodeValue = (text: string, type: string): unknown => {
  if (type.endsWith('[]')) return decodeArray(text, type.slice(0, -2))
  switch (type.replace(/\(.*?\)/, '')) {
    case 'integer':
    case 'smallint':
    case 'oid':
      return Number(text)
    case 'bigint':
      return Number.isSafeInteger(Number(text)) ? Number(text) : text
    case 'real':
    case 'double precision':
      return Number.isFinite(Number(text)) ? Number(text) : text
    case 'boolean':
      return text === 't'
    case 'json':
    case 'jsonb':
      return JSON.parse(text)
    case 'timestamp with time zone':
      return decodeTimestamp(text)
    case 'timestamp without time zone':
      return text.replace(' ', 'T')
    default:
      return text
  }
}

// Seconds keep all six digits, which a Date would cut; offsets of old times have seconds. BC and infinity stay as text.
const decodeTimestamp = (text: string): string => {
  const match = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d+)?([+-])(\d\d)(?::?(\d\d))?(?::?(\d\d))?$/.exec(text)
  if (!match) return text
  const [, date, time, fraction = '', sign, hours, minutes = '0', seconds = '0'] = match
  const offset = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * (sign === '-' ? -1000 : 1000)
  return `${new Date(Date.parse(`${date}T${time}Z`) - offset).toISOString().slice(0, 19)}${fraction}Z`
}

/** Reads the text of an array: `{1,NULL,"a \"b\""}`, nested, with or without explicit bounds in front. */
const decodeArray = (text: string, type: string): unknown[] => {
  let at = text.indexOf('{')
  const read = (): unknown[] => {
    const items: unknown[] = []
    at++
    while (at < text.length && text[at] !== '}') {
      if (text[at] === '{') items.push(read())
      else items.push(readItem())
      if (text[at] === ',') at++
    }
    at++
    return items
  }
  const readItem = (): unknown => {
    const quoted = /"((?:[^"\\]|\\[\s\S])*)"/y
    quoted.lastIndex = at
    const match = quoted.exec(text)
    if (match) {
      at += match[0].length
      return decodeValue((match[1] ?? '').replaceAll(/\\([\s\S])/g, '$1'), type)
    }
    const from = at
    while (at < text.length && text[at] !== ',' && text[at] !== '}') at++
    const item = text.slice(from, at)
    return item === 'NULL' ? null : decodeValue(item, type)
  }
  return at === -1 ? [] : read()
}
