import { appendFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { freemem } from 'node:os'
import { shell, sql } from '../host.ts'
import { cpuSeconds, now } from '../measure.ts'
import { waitForAnswers } from './answer.ts'
import { SUMS } from './cluster.ts'
import type { Contender, Taken } from './contender.ts'
import type { Stage } from './stage.ts'

export interface Restored extends Omit<Taken, 'folder'> {
  /** Seconds until a customer's first query was answered. */
  readonly answered: number
  /** Seconds until a customer could write. */
  readonly writable: number
  /** Seconds until a customer could write and all files had been compared with the manifest or its checksums. */
  readonly verified: number
  readonly cpu: number
}

/**
 * Measures a restore into an empty data directory of another host.
 *
 * Where the tool itself compares the files with the manifest before the server starts, that is part of both times; where
 * it is a step of its own, it is done before the start too but counts for `verified` alone. Whether the rows are those of
 * the source is a check of the bench, outside of all times.
 *
 * @throws when any row differs from the source
 */
export const measureRestore = async (stage: Stage, contender: Contender): Promise<Restored> => {
  const { db, spare } = stage
  const { unpack, verify, start } = contender.restore
  const expected = await sql(db, SUMS, 'bench')
  await empty(stage)
  touchMemory(stage.options.size * 1.5)
  const before = cpuSeconds(spare)
  const giveUp = new AbortController()
  const began = now()
  const answering = waitForAnswers(spare.address, giveUp.signal)
  answering.catch(() => {})
  let verifying = 0
  try {
    const told = await unpack(stage)
    if (verify) {
      const verifyBegan = now()
      await verify(stage)
      verifying = now() - verifyBegan
    }
    await start?.(stage)
    const { first, writable } = await answering
    const verified = now() - began
    const cpu = cpuSeconds(spare) - before
    const found = await sql(spare, SUMS, 'bench')
    if (found !== expected) throw new Error(`${contender.title} restored "${found}", the source has "${expected}"`)
    return { answered: first - began - verifying, writable: writable - began - verifying, verified, cpu, ...told }
  } finally {
    giveUp.abort()
  }
}

/**
 * Has the machine's memory at hand. Where the machine is a guest, its host takes back what lies unused, and to get it
 * again takes seconds a GB: whoever comes first would pay for all.
 */
const touchMemory = (wanted: number): void => {
  const { bavail, bsize } = statfsSync('/dev/shm')
  const bytes = Math.min(wanted, freemem() * 0.8, bavail * bsize * 0.9)
  const file = `/dev/shm/lifeboat-bench-${process.pid}`
  const piece = Buffer.alloc(1 << 24, 1)
  try {
    writeFileSync(file, '')
    for (let written = 0; written < bytes; written += piece.length) appendFileSync(file, piece)
  } finally {
    rmSync(file, { force: true })
  }
}

/** Every restore begins without a server and without a file. */
const empty = ({ spare, unit, data }: Stage): Promise<string> =>
  shell(
    spare,
    `systemctl stop ${unit}
    rm -rf ${data}.* && find ${data} -mindepth 1 -delete && sync -f ${data}`,
  )
