import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sh } from '../../../src/base/quote.ts'
import type { Command } from '../../tally.ts'
import type { Contender, Race, Target } from '../stage.ts'
import { STEPS } from '../steps.ts'

/** OpenSSH's client with nothing but what is said here. */
export const sshWords = (race: Race, { port }: Pick<Target, 'port'>): readonly string[] => [
  'ssh',
  ...['-F', 'none', '-l', 'admin', '-p', String(port), '-i', race.fleet.privateKeyFile],
  ...['-o', 'IdentitiesOnly=yes', '-o', 'BatchMode=yes', '-o', `UserKnownHostsFile=${race.knownHostsFile}`],
]

/** All hosts at once; it fails where one has. */
const together = (race: Race, name: string, oneHost: (target: Target) => string): Command => {
  const script = `failed=${race.folder}/failed
rm -f "$failed"
${race.targets.map((target) => `(\n${oneHost(target)}\n) || echo ${target.name} >> "$failed" &`).join('\n')}
wait
! cat "$failed" 2>/dev/null
`
  const file = join(race.folder, `${name}.sh`)
  writeFileSync(file, script)
  return { words: ['sh', file] }
}

const stepByStep = (race: Race, target: Target): string => {
  const socket = join(race.folder, `floor-${target.name}`)
  const ssh = sshWords(race, target)
  const steps = STEPS.map(({ user, script }) => {
    const remote = sh`sudo -n -u ${user} sh -ec ${script}`.text
    return `${sh`${ssh} -S ${socket} ${target.address} ${remote}`.text} </dev/null || exit 1`
  })
  return [
    `${sh`${ssh} -M -S ${socket} -fN ${target.address}`.text} || exit 1`,
    ...steps,
    `${sh`${ssh} -S ${socket} -O exit ${target.address}`.text} 2>/dev/null`,
  ].join('\n')
}

const inOneScript = (race: Race, target: Target): string => {
  const of = (user: string): string =>
    STEPS.filter((step) => step.user === user)
      .map(({ script }) => `( ${script}\n) || exit 1`)
      .join('\n')
  const script = `${of('root')}\nsudo -n -u postgres sh <<'END' || exit 1\n${of('postgres')}\nEND\n`
  const file = join(race.folder, 'all-steps.sh')
  writeFileSync(file, script)
  return sh`${sshWords(race, target)} ${target.address} ${'sudo -n sh'} < ${file}`.text
}

export const floorA: Contender = {
  name: 'floor-a',
  title: 'floor A: one ssh a step, ControlMaster',
  missing: async () => undefined,
  command: (race) => together(race, 'floor-a', (target) => stepByStep(race, target)),
}

export const floorB: Contender = {
  name: 'floor-b',
  title: 'floor B: all steps in one script',
  missing: async () => undefined,
  command: (race) => together(race, 'floor-b', (target) => inOneScript(race, target)),
}
