#!/usr/bin/env tsx
// How fast a backup, a restore and the archive are, side by side with what one would use instead.
import { writeFileSync } from 'node:fs'
import { formatDuration } from '../../src/base/duration.ts'
import { bootHosts } from '../../test/fleet/hosts/index.ts'
import { shell } from '../host.ts'
import { load } from '../machine.ts'
import { now } from '../measure.ts'
import { installPackages } from '../packages.ts'
import { writeReadme } from '../readme.ts'
import { say, startBench } from '../start.ts'
import { everyoneStands, takeTurns } from '../turns.ts'
import { makeClusters } from './cluster.ts'
import type { Contender } from './contender.ts'
import { whatIsMissing } from './contenders/index.ts'
import { readFacts } from './facts.ts'
import { type Options, readOptions, USAGE } from './options.ts'
import { playRound, type Round } from './round.ts'
import type { Stage } from './stage.ts'
import { controllerWords, makeTable } from './table.ts'

const PACKAGES = { bench: 'backup', packages: ['pgbackrest', 'barman', 'barman-cli'] }

const run = async (options: Options): Promise<void> => {
  const fleet = await bootHosts([
    { name: 'db', suite: options.suite },
    { name: 'spare', suite: options.suite },
  ])
  try {
    const db = fleet.host('db')
    const major = db.postgresVersion
    const stage: Stage = {
      fleet,
      db,
      spare: fleet.host('spare'),
      options,
      cores: Number(await shell(db, 'nproc')),
      data: `/var/lib/postgresql/${major}/main`,
      unit: `postgresql@${major}-main`,
      bin: `/usr/lib/postgresql/${major}/bin`,
    }
    if (!(await installPackages(fleet, PACKAGES, say))) say('going on without other tools')
    say(`making a cluster of ${options.sizeWords}`)
    await makeClusters(stage)
    const contenders = await ready(stage, options.contenders)
    const facts = await readFacts(stage)
    const before = load()
    const rounds = await playAll(stage, contenders)
    publish(options, contenders, rounds, [
      ...facts,
      `load average ${before.toFixed(1)} before, ${load().toFixed(1)} after`,
    ])
  } finally {
    await fleet.close()
  }
}

/** Sets up who can take part, and says aloud who cannot. */
const ready = async (stage: Stage, chosen: readonly Contender[]): Promise<readonly Contender[]> => {
  const present: Contender[] = []
  for (const contender of chosen) {
    const missing = await whatIsMissing(stage, contender)
    if (missing !== undefined) {
      say(`SKIPPED: ${contender.name}, for ${missing}`)
      continue
    }
    await contender.prepare(stage)
    present.push(contender)
  }
  return present
}

/** The rounds of all that stand to the end. */
const playAll = async (stage: Stage, contenders: readonly Contender[]): Promise<readonly Round[]> => {
  let turn = 0
  const rounds = await takeTurns(contenders, stage.options.rounds, async (contender, number) => {
    const began = now()
    const round = await playRound(stage, contender, turn++)
    const took = formatDuration(now() - began)
    say(`round ${number + 1}, ${contender.name} (${took}, load ${load().toFixed(1)}): ${brief(round)}`)
    return round
  })
  return [...rounds.values()].flat()
}

const brief = ({ backup, restore, push }: Round): string =>
  [
    `backup ${backup.seconds.toFixed(1)} s`,
    `restore ${restore.answered.toFixed(1)} / ${restore.verified.toFixed(1)} s`,
    push ? `push ${push.rate.toFixed(1)} / ${push.busyRate.toFixed(1)} segments/s` : '',
  ].join(', ')

const publish = (
  options: Options,
  contenders: readonly Contender[],
  rounds: readonly Round[],
  facts: readonly string[],
): void => {
  const own = controllerWords(rounds)
  const text = [
    makeTable(contenders, rounds, options.best),
    '',
    ...(own === undefined ? [] : [own, '']),
    ...facts.map((fact) => `- ${fact}`),
  ].join('\n')
  process.stdout.write(`${text}\n`)
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ facts, rounds }, undefined, 2)}\n`)
  if (options.write && everyoneStands())
    writeReadme('bench/README.md', `backup ${options.suite} ${options.sizeWords}`, text)
}

await startBench(readOptions, USAGE, run)
