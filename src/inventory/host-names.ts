import { LifeboatError } from '../base/errors.ts'
import type { Position } from '../base/position.ts'

export interface NamedHosts {
  readonly names: readonly string[]
  readonly port: number | undefined
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'

/**
 * Reads the name of one or many hosts as inventories write it: `db1`, `db[01:10]`, `db[a:c]`, `db[1:9:2]`, several
 * ranges in one name, each with `:port` behind it; IPv6 addresses with a port stand in brackets.
 *
 * @throws inventory/bad-range, inventory/bad-host
 */
export const readHostNames = (text: string, where?: Position): NamedHosts => {
  const { name, port } = splitPort(text)
  if (name.endsWith(':') && !isIpv6(name)) {
    throw new LifeboatError('inventory/bad-host', `the host name "${text}" ends in a colon`, {
      where,
      hints: ['a colon may only be followed by a port: db1:2222', 'a YAML inventory needs the ending .yml'],
    })
  }
  return { names: isIpv6(name) ? [name] : expandRanges(name, where), port }
}

const isIpv6 = (text: string): boolean => /^[0-9A-Fa-f:.]+(%\w+)?$/.test(text) && text.split(':').length > 2

const splitPort = (text: string): { name: string; port: number | undefined } => {
  const bracketed = /^\[([^[\]]+)\](?::(\d+))?$/.exec(text)
  if (bracketed?.[1] && isIpv6(bracketed[1])) {
    return { name: bracketed[1], port: bracketed[2] === undefined ? undefined : Number(bracketed[2]) }
  }
  const plain = /^((?:[^:[\]]|\[[^\]]*\])+):(\d+)$/.exec(text)
  if (plain?.[1]) return { name: plain[1], port: Number(plain[2]) }
  return { name: text, port: undefined }
}

const expandRanges = (text: string, where?: Position): string[] => {
  const open = text.indexOf('[')
  if (open < 0) return [text]
  const close = text.indexOf(']', open)
  if (close < 0) throw badRange(text, 'has no closing bracket', where)
  const head = text.slice(0, open)
  const tails = expandRanges(text.slice(close + 1), where)
  return expandRange(text.slice(open + 1, close), where).flatMap((item) => tails.map((tail) => head + item + tail))
}

const expandRange = (range: string, where?: Position): string[] => {
  const [begin = '', end, step = '1', ...more] = range.split(':')
  if (end === undefined || more.length > 0)
    throw badRange(`[${range}]`, 'is not [begin:end] or [begin:end:step]', where)
  if (end === '') throw badRange(`[${range}]`, 'has no end', where)
  if (!/^[1-9]\d*$/.test(step)) throw badRange(`[${range}]`, 'has a step that is not a number above 0', where)
  if (/^[A-Za-z]$/.test(begin) && /^[A-Za-z]$/.test(end)) {
    const items = steps(LETTERS.indexOf(begin), LETTERS.indexOf(end), Number(step))
    if (items.length === 0) throw badRange(`[${range}]`, 'begins after its end', where)
    return items.map((index) => LETTERS.charAt(index))
  }
  const first = begin === '' ? '0' : begin
  if (!/^\d+$/.test(first) || !/^\d+$/.test(end)) {
    throw badRange(`[${range}]`, 'has bounds that are neither two numbers nor two letters', where)
  }
  const padded = first.length > 1 && first.startsWith('0')
  if (padded && first.length !== end.length) {
    throw badRange(`[${range}]`, 'begins with a zero, and its bounds have not the same number of digits', where)
  }
  const items = steps(Number(first), Number(end), Number(step))
  if (items.length === 0) throw badRange(`[${range}]`, 'begins after its end', where)
  return items.map((number) => (padded ? String(number).padStart(first.length, '0') : String(number)))
}

const steps = (first: number, last: number, step: number): number[] => {
  const items: number[] = []
  for (let item = first; item <= last; item += step) items.push(item)
  return items
}

const badRange = (range: string, why: string, where: Position | undefined): LifeboatError =>
  new LifeboatError('inventory/bad-range', `the range "${range}" ${why}`, {
    where,
    hints: ['ranges are written db[1:9], db[01:20], db[1:9:2] or db[a:f]'],
  })
