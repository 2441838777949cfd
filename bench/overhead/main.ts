#!/usr/bin/env tsx
// What a run of small tasks costs, from the start of the command to its end, side by side with what one would use instead.
import { writeFileSync } from 'node:fs'
import { bootHosts, type FleetHost, type HostFleet } from '../../test/fleet/hosts/index.ts'
import { load, machineFacts } from '../machine.ts'
import { installPackages } from '../packages.ts'
import { writeReadme } from '../readme.ts'
import { say, startBench } from '../start.ts'
import { everyoneStands } from '../turns.ts'
import { measureCold } from './cold.ts'
import { programFacts } from './facts.ts'
import { measureCrowd } from './many.ts'
import { type Options, readOptions, USAGE } from './options.ts'
import { makeRace } from './race.ts'
import { measureRoundTrip, openRelay } from './relay.ts'
import { type Raced, runRace } from './run-race.ts'
import type { Contender } from './stage.ts'
import { raceTable, seriesTable, summaryTable } from './table.ts'

// Ansible needs Python on the hosts, and acl to become another user than root.
const PACKAGES = { bench: 'overhead', packages: ['python3', 'acl'] }

const run = async (options: Options): Promise<void> => {
  const contenders = await present(options)
  const most = Math.max(1, ...options.hosts, options.delay > 0 ? options.farHosts : 0)
  const fleet = await bootHosts(
    Array.from({ length: most }, (_, index) => ({ name: `h${index + 1}`, suite: options.suite, postgres: false })),
  )
  try {
    if (!(await installPackages(fleet, PACKAGES, say))) say('going on with hosts without Python')
    const hosts = Object.values(fleet.hosts)
    const [first] = hosts
    if (first === undefined) throw new Error('there are no hosts')
    await raceAll(fleet, hosts, contenders, options)
    say('one command')
    const { suite, rounds, many } = options
    const before = load()
    const cold = await measureCold(makeRace(fleet, [first]), rounds)
    await publish(
      options,
      `commands ${suite}`,
      [`### One command, and none\n\n${seriesTable(cold, false)}`],
      rounds,
      before,
    )
    if (many === 0) return
    say(`${many} hosts`)
    const crowd = await measureCrowd(fleet, first, many, Math.min(3, rounds))
    const text = `### ${many} hosts, addresses of one sshd\n\n${seriesTable(crowd, true)}`
    await publish(options, `many ${suite}`, [text], Math.min(3, rounds), before)
  } finally {
    await fleet.close()
  }
}

const raceAll = async (
  fleet: HostFleet,
  hosts: readonly FleetHost[],
  contenders: readonly Contender[],
  options: Options,
): Promise<void> => {
  const before = load()
  const races: [string, readonly Raced[]][] = []
  for (const count of options.hosts) {
    const title = hostsWords(count)
    say(title)
    races.push([title, await runRace(makeRace(fleet, hosts.slice(0, count)), contenders, options.rounds)])
  }
  const sections = races.map(([title, raced]) => `### ${title}\n\n${raceTable(raced)}`)
  if (options.delay > 0) {
    const far = await raceFar(fleet, hosts.slice(0, options.farHosts), contenders, options)
    races.push([far.title, far.raced])
    sections.push(
      `### ${far.title}\n\nA line there and back took ${far.measured.toFixed(1)} ms over ssh.\n\n${raceTable(far.raced)}`,
    )
  }
  if (races.length === 0) return
  await publish(options, `races ${options.suite}`, sections, options.rounds, before)
  const summary = summaryTable(contenders, races)
  process.stdout.write(`${summary}\n\n`)
  if (options.write && everyoneStands()) writeReadme('README.md', 'bench', summary)
  if (options.json === undefined) return
  const measured = races.map(([title, raced]) => ({
    title,
    raced: raced.map(({ contender, ...figures }) => ({ contender: contender.name, ...figures })),
  }))
  writeFileSync(options.json, `${JSON.stringify(measured, undefined, 2)}\n`)
}

/** Who can take part; says aloud who cannot. */
const present = async ({ contenders }: Options): Promise<readonly Contender[]> => {
  const able: Contender[] = []
  for (const contender of contenders) {
    const why = await contender.missing()
    if (why === undefined) able.push(contender)
    else say(`SKIPPED: ${contender.name}, for ${why}`)
  }
  return able
}

const raceFar = async (
  fleet: HostFleet,
  hosts: readonly FleetHost[],
  contenders: readonly Contender[],
  { delay, rounds }: Options,
) => {
  const title = `${hostsWords(hosts.length)}, ${delay} ms away`
  say(title)
  const relay = await openRelay(
    hosts.map(({ address }) => address),
    delay,
  )
  try {
    const race = makeRace(fleet, hosts, relay)
    const measured = await measureRoundTrip(race)
    return { title, measured, raced: await runRace(race, contenders, rounds) }
  } finally {
    relay.close()
  }
}

const hostsWords = (count: number): string => (count === 1 ? '1 host' : `${count} hosts`)

const publish = async (
  options: Options,
  name: string,
  sections: readonly string[],
  rounds: number,
  before: number,
): Promise<void> => {
  const facts = [
    ...(await machineFacts()),
    ...(await programFacts()),
    `medians of ${rounds} rounds, in brackets the least and the most; load average ${before.toFixed(1)} before, ${load().toFixed(1)} after`,
  ]
  const text = [...sections, facts.map((fact) => `- ${fact}`).join('\n')].join('\n\n')
  process.stdout.write(`${text}\n\n`)
  if (options.write && everyoneStands()) writeReadme('bench/README.md', name, text)
}

await startBench(readOptions, USAGE, run)
