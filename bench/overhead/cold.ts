import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { $ } from 'zx/core'
import { ansibleConfiguration } from './contenders/ansible.ts'
import { sshWords } from './contenders/floors.ts'
import { LIFEBOAT } from './contenders/lifeboat.ts'
import type { Command, Race } from './stage.ts'
import { Tally, type Took } from './tally.ts'

/** What one program takes for very little. */
export interface Cold {
  readonly title: string
  readonly took: readonly Took[]
}

/** One command on one host without any connection from before, and the start of the programs alone, in turns. */
export const measureCold = async (race: Race, rounds: number): Promise<readonly Cold[]> => {
  const commands = await commandsFor(race)
  const took = commands.map((): Took[] => [])
  // The first round warms what each keeps of itself.
  for (let round = 0; round <= rounds; round++) {
    for (const [index, { command }] of commands.entries()) {
      const tally = new Tally()
      try {
        const run = await tally.run(command)
        if (round > 0) took[index]?.push(run)
      } finally {
        await tally.remove()
      }
    }
  }
  return commands.map(({ title }, index) => ({ title, took: took[index] ?? [] }))
}

const commandsFor = async (race: Race): Promise<readonly { title: string; command: Command }[]> => {
  const [target] = race.targets
  if (target === undefined) return []
  const [program = 'ssh', ...words] = sshWords(race, target)
  const configuration = join(race.folder, 'ansible.cfg')
  writeFileSync(configuration, ansibleConfiguration(race))
  const environment = { LIFEBOAT_HOME: join(race.folder, 'lifeboat'), ANSIBLE_CONFIG: configuration }
  const here = ['-i', race.inventoryFile, '-m', 'command', '-a', 'true'] as const
  const mine = [
    { title: '`lifeboat --version`', command: { words: [...LIFEBOAT, '--version'] as const, environment } },
    {
      title: '`lifeboat exec -m command`, one host',
      command: { words: [...LIFEBOAT, 'exec', target.name, ...here] as const, environment },
    },
  ]
  const floor = { title: '`ssh HOST true`', command: { words: [program, ...words, target.address, 'true'] as const } }
  const { exitCode } = await $({ quiet: true, nothrow: true })`ansible --version`
  if (exitCode !== 0) return [...mine, floor]
  return [
    ...mine,
    { title: '`ansible --version`', command: { words: ['ansible', '--version'] as const } },
    {
      title: '`ansible -m command`, one host',
      command: { words: ['ansible', target.name, ...here] as const, environment },
    },
    floor,
  ]
}
