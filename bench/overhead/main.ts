#!/usr/bin/env tsx
// What a run of small tasks costs, from the start of the command to its end, side by side with what one would use instead.
import { writeFileSync } from 'node:fs'
import { formatDuration } from '../../src/base/duration.ts'
import { bootHosts, type FleetHost, type HostFleet } from '../../test/fleet/hosts/index.ts'
import { whyNotHosts } from '../../test/fleet/hosts/possible.ts'
import { load, machineFacts } from '../machine.ts'
import { now } from '../measure.ts'
import { installPackages } from '../packages.ts'
import { writeReadme } from '../readme.ts'
import { measureCold } from './cold.ts'
import { CONTENDERS } from './contenders/index.ts'
import { programFacts } from './facts.ts'
import { measureCrowd } from './many.ts'
import { type Options, readOptions, USAGE } from './options.ts'
import { makeRace } from './race.ts'
import { measureRoundTrip, openRelay } from './relay.ts'
import { type Result, runRace } from './run-race.ts'
import type { Contender } from './stage.ts'
import { coldTable, crowdTable, raceTable, summaryTable } from './table.ts'

// Ansible needs Python on the hosts, and acl to become another user than root.
const PACKAGES = { bench: 'overhead', packages: ['python3', 'acl'] }

const say = (line: string): void => void process.stderr.write(`${line}\n`)

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
    await publish(options, `commands ${suite}`, [`### One command, and none\n\n${coldTable(cold)}`], rounds, before)
    if (many === 0) return
    say(`${many} hosts`)
    const crowd = await measureCrowd(fleet, first, many, Math.min(3, rounds))
    const text = `### ${many} hosts, addresses of one sshd\n\n${crowdTable(crowd)}`
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
  const races: [string, Result][] = []
  for (const count of options.hosts) {
    const title = `${count} ${count === 1 ? 'host' : 'hosts'}`
    say(title)
    races.push([title, await runRace(makeRace(fleet, hosts.slice(0, count)), contenders, options.rounds, say)])
  }
  const sections = races.map(([title, result]) => `### ${title}\n\n${raceTable(result)}`)
  if (options.delay > 0) {
    const far = await raceFar(fleet, hosts.slice(0, options.farHosts), contenders, options)
    races.push([far.title, far.result])
    sections.push(
      `### ${far.title}\n\nA line there and back took ${far.measured.toFixed(1)} ms over ssh.\n\n${raceTable(far.result)}`,
    )
  }
  if (races.length === 0) return
  await publish(options, `races ${options.suite}`, sections, options.rounds, before)
  const summary = summaryTable(races)
  process.stdout.write(`${summary}\n\n`)
  if (mayWrite(options)) writeReadme('README.md', 'bench', summary)
  if (options.json === undefined) return
  const measured = races.map(([title, { turns, memory }]) => ({ title, turns, memory: Object.fromEntries(memory) }))
  writeFileSync(options.json, `${JSON.stringify(measured, undefined, 2)}\n`)
}

/** A run in which somebody fell out is for the eye alone. */
const mayWrite = ({ write }: Options): boolean => write && process.exitCode === undefined

/** Who can take part; says aloud who cannot. */
const present = async ({ only }: Options): Promise<readonly Contender[]> => {
  const unknown = only.find((name) => !CONTENDERS.some((contender) => contender.name === name))
  if (unknown !== undefined) throw new Error(`no contender is called ${unknown}`)
  const chosen = CONTENDERS.filter(({ name }) => only.length === 0 || only.includes(name))
  const able: Contender[] = []
  for (const contender of chosen) {
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
  const title = `${hosts.length} hosts, ${delay} ms away`
  say(title)
  const relay = await openRelay(
    hosts.map(({ address }) => address),
    delay,
  )
  try {
    const race = makeRace(fleet, hosts, relay)
    const measured = await measureRoundTrip(race)
    return { title, measured, result: await runRace(race, contenders, rounds, say) }
  } finally {
    relay.close()
  }
}

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
  if (mayWrite(options)) writeReadme('bench/README.md', name, text)
}

const options = (() => {
  try {
    return readOptions(process.argv.slice(2))
  } catch (error) {
    say(`${error instanceof Error ? error.message : error}\n${USAGE}`)
    process.exit(5)
  }
})()
const reason = await whyNotHosts()
if (reason !== undefined) {
  say(`SKIPPED: no Debian hosts can be booted here: ${reason}`)
  process.exit(1)
}
const began = now()
await run(options)
say(`took ${formatDuration(now() - began)}`)
