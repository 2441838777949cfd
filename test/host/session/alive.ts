import { execFileSync } from 'node:child_process'
import { expect, vi } from 'vitest'

/** Numbers of the processes of this machine that live and were started with exactly these words. */
export const alive = (words: string): number[] =>
  execFileSync('ps', ['-A', '-o', 'stat=,pid=,args='])
    .toString()
    .split('\n')
    .map((line) => line.trim().split(/ +/))
    .filter(([stat = 'Z', , ...args]) => !stat.startsWith('Z') && args.join(' ') === words)
    .map(([, pid]) => Number(pid))

let unique = 0

/**
 * Words of a command that sleeps, and that no other test has: by them its processes are known.
 *
 * @param seconds for how long; more than ten where nothing is said
 */
export const nap = (seconds?: number): string => {
  unique++
  return seconds === undefined ? `sleep 1${unique}.${process.pid}` : `sleep ${seconds}.0${unique}0${process.pid}`
}

export const appear = (words: string, count = 1): Promise<void> =>
  vi.waitFor(() => expect(alive(words)).toHaveLength(count), { timeout: 20_000 })

export const vanish = (words: string, timeout = 4000): Promise<void> =>
  vi.waitFor(() => expect(alive(words)).toEqual([]), { timeout, interval: 50 })
