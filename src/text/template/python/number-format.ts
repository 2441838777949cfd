export interface NumberFormat {
  /** One of `b c d e E f F g G n o x X %`, or empty for the shortest. */
  readonly type: string
  readonly sign: '+' | '-' | ' '
  /** `#`: prefix 0x, 0o, 0b. */
  readonly alternate: boolean
  readonly fill: string
  readonly align: '<' | '>' | '^' | '='
  readonly width: number
  readonly precision: number | undefined
  readonly grouping: '' | ',' | '_'
}

/** Writes a number by a format, as Python's `%` and `format()` do. */
export const formatNumber = (format: NumberFormat, value: number | bigint): string => {
  const negative = value < 0 || Object.is(value, -0)
  const digits = body(format, value < 0 ? -value : value)
  const sign = negative ? '-' : format.sign === '-' ? '' : format.sign
  const prefix = format.alternate && 'xXob'.includes(format.type) && format.type ? `0${format.type}` : ''
  const head = sign + prefix
  if (format.align === '=') {
    const room = Math.max(0, format.width - head.length)
    return head + padGrouped(digits, room, format)
  }
  return align(head + digits, format)
}

/** Pads a text to a width. */
export const align = (text: string, format: Pick<NumberFormat, 'fill' | 'align' | 'width'>): string => {
  const room = format.width - Array.from(text).length
  if (room <= 0) return text
  if (format.align === '<') return text + format.fill.repeat(room)
  if (format.align !== '^') return format.fill.repeat(room) + text
  const left = Math.floor(room / 2)
  return format.fill.repeat(left) + text + format.fill.repeat(room - left)
}

const padGrouped = (digits: string, room: number, format: NumberFormat): string => {
  if (format.grouping === '' || format.fill !== '0') return digits.padStart(room, format.fill)
  let text = digits
  while (text.length < room) {
    const plain = text.replaceAll(format.grouping, '')
    text = group(`0${plain}`, format.grouping)
  }
  return text
}

const body = (format: NumberFormat, value: number | bigint): string => {
  const { type, precision = 6 } = format
  if (type === 'd' || type === '' || type === 'n') {
    return group(typeof value === 'bigint' ? value.toString() : String(value), format.grouping)
  }
  const radix = { x: 16, X: 16, o: 8, b: 2 }[type]
  if (radix !== undefined) {
    const digits = value.toString(radix)
    return type === 'X' ? digits.toUpperCase() : digits
  }
  const number = Number(value)
  if (!Number.isFinite(number)) return String(number).toLowerCase().slice(0, 3)
  if (type === '%') return `${group((number * 100).toFixed(precision), format.grouping)}%`
  if (type === 'e' || type === 'E') return exponent(number.toExponential(precision), type)
  if (type === 'g' || type === 'G') return general(number, precision || 1, type)
  return group(number.toFixed(precision), format.grouping)
}

const exponent = (text: string, type: string): string => {
  const fixed = text.replace(/e([+-])(\d)$/, 'e$10$2')
  return type === 'E' ? fixed.toUpperCase() : fixed
}

const general = (value: number, precision: number, type: string): string => {
  const power = value === 0 ? 0 : Number(value.toExponential(precision - 1).split('e')[1])
  const strip = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text)
  if (power >= -4 && power < precision) return strip(value.toFixed(Math.max(0, precision - 1 - power)))
  const [mantissa = '', rest = ''] = value.toExponential(precision - 1).split('e')
  return exponent(`${strip(mantissa)}e${rest}`, type === 'G' ? 'E' : 'e')
}

const group = (digits: string, mark: string): string => {
  if (mark === '') return digits
  const [whole = '', fraction] = digits.split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, mark)
  return fraction === undefined ? grouped : `${grouped}.${fraction}`
}
