import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { $ } from 'zx/core'
import { ansibleConfiguration } from './contenders/ansible.ts'
import { sshWords } from './contenders/floors.ts'
import { LIFEBOAT } from './contenders/lifeboat.ts'
import { type Repeated, runSeries, type Series } from './series.ts'
import type { Race } from './stage.ts'

/** One command on one host without any connection from before, and the start of the programs alone. */
export const measureCold = async (race: Race, rounds: number): Promise<readonly Series[]> =>
  runSeries(await commandsFor(race), rounds)

const commandsFor = async (race: Race): Promise<readonly Repeated[]> => {
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
