import { randomBytes } from 'node:crypto'
import { LifeboatError } from '../../base/errors.ts'
import { sh } from '../../base/quote.ts'
import { compileRegex } from '../../text/template/python/regex.ts'
import type { ModuleContext } from '../contract.ts'
import { hostPath } from './host-path.ts'

/** One look at what is waited for; the match of the pattern where one was asked for. */
export type Probe = () => Promise<{ readonly there: boolean; readonly match?: RegExpMatchArray | undefined }>

/** Looks whether a path exists, and searches what was added to it since the last look. */
export const pathProbe = (ctx: ModuleContext, path: string, pattern: string | undefined): Probe => {
  if (pattern === undefined) {
    return async () => ({ there: (await ctx.run(sh`[ -e ${hostPath(path)} ]`.text)).status === 0 })
  }
  const regex = compileRegex(pattern, { multiline: true })
  let offset = 0
  let text = ''
  return async () => {
    const mark = randomBytes(8).toString('hex')
    const result = await ctx.run(
      sh`path=${hostPath(path)}
[ -e "$path" ] || exit 3
size=$(wc -c <"$path") || exit
from=${offset}
if [ "$size" -lt "$from" ]; then from=0; fi
printf '%s %s\n' ${mark} "$from"
tail -c "+$((from + 1))" "$path"`.text,
    )
    if (result.status === 3) {
      offset = 0
      text = ''
      return { there: false }
    }
    if (result.status !== 0)
      throw new LifeboatError('module/script-failed', `cannot read ${path}: ${result.stderr.trim()}`)
    const head = result.stdoutBytes.indexOf(10)
    const from = Number(result.stdoutBytes.subarray(0, head).toString().split(' ')[1])
    const added = result.stdoutBytes.subarray(head + 1)
    if (from === 0) text = ''
    offset = from + added.length
    text += added.toString()
    const match = regex.exec(text)
    // What has been searched in vain is kept as far as a match could still begin in it.
    if (match === null) text = text.slice(-65_536)
    return match === null ? { there: false } : { there: true, match }
  }
}

/**
 * Tries a port from the host. A port of the host itself is looked up among its listening sockets; another one is
 * connected to, by bash or nc.
 *
 * @throws module/no-tool where the host has neither for what is asked
 */
export const portProbe = (
  ctx: ModuleContext,
  target: {
    readonly host: string
    readonly port: number
    readonly timeout: number
    readonly pattern: string | undefined
  },
): Probe => {
  const { host, port, timeout, pattern } = target
  const regex = pattern === undefined ? undefined : compileRegex(pattern, { multiline: true })
  const script =
    regex === undefined && isLoopback(host) ? listening(port) : connecting(host, port, timeout, regex !== undefined)
  return async () => {
    const result = await ctx.run(script)
    if (result.status === 9) {
      throw new LifeboatError('module/no-tool', `the host has neither bash nor nc to connect to ${host}:${port}`, {
        hints: ['delegate the task to another host, or install netcat-openbsd'],
      })
    }
    if (regex === undefined) return { there: result.status === 0 }
    const match = regex.exec(result.stdout)
    return match === null ? { there: false } : { there: true, match }
  }
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127\./.test(host)

/** State 0A is LISTEN; the local address is any, or a loopback one, in the byte order of the host. */
const listening = (port: number): string => {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const address = '0+|[0-9A-F]{6}7F|0+10{6}|0{16}FFFF0000(0{8}|[0-9A-F]{6}7F)'
  return sh`cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -qE ${`^ *[0-9]+: (${address}):${hex} [0-9A-F]+:[0-9A-F]+ 0A `}`
    .text
}

const connecting = (host: string, port: number, timeout: number, read: boolean): string => {
  const words = read ? 'exec 3<>"/dev/tcp/$0/$1" && cat <&3' : 'exec 3<>"/dev/tcp/$0/$1"'
  return sh`limit=
if command -v timeout >/dev/null 2>&1; then limit="timeout ${timeout}"; fi
if command -v bash >/dev/null 2>&1; then $limit bash -c ${words} ${host} ${port} 2>/dev/null
elif command -v nc >/dev/null 2>&1; then
if ${read ? 'true' : 'false'}; then $limit nc -w ${timeout} ${host} ${port} </dev/null 2>/dev/null
else $limit nc -z -w ${timeout} ${host} ${port} >/dev/null 2>&1; fi
else exit 9; fi`.text
}
