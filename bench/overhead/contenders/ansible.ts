import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { $ } from 'zx/core'
import type { Contender, Race } from '../stage.ts'
import { demandUnchanged, PLAYBOOK } from './lifeboat.ts'

const STRATEGIES = '/usr/lib/python3/dist-packages/ansible_mitogen/plugins/strategy'

/** As its users make it fast: pipelining, masters of ssh that stay for a minute, a fork a host, no facts. */
export const ansibleConfiguration = (race: Race, more = ''): string => `[defaults]
forks = ${race.targets.length}
gathering = explicit
interpreter_python = /usr/bin/python3
local_tmp = ${race.folder}/ansible
retry_files_enabled = false
nocows = true
${more}
[ssh_connection]
pipelining = true
control_path_dir = ${race.folder}/cp
ssh_args = -F none -o ControlMaster=auto -o ControlPersist=60s
`

const ansibleWith = (name: string, title: string, more: string, missing: Contender['missing']): Contender => ({
  name,
  title,
  missing,
  command: (race) => {
    const file = join(race.folder, `${name}.cfg`)
    writeFileSync(file, ansibleConfiguration(race, more))
    return {
      words: ['ansible-playbook', '-i', race.inventoryFile, PLAYBOOK],
      environment: { ANSIBLE_CONFIG: file },
    }
  },
  settled: demandUnchanged,
})

const withoutAnsible = async (): Promise<string | undefined> => {
  const { exitCode } = await $({ quiet: true, nothrow: true })`ansible-playbook --version`
  return exitCode === 0 ? undefined : 'ansible-playbook is not installed (apt install ansible-core)'
}

export const ansible = ansibleWith('ansible', 'ansible-playbook', '', withoutAnsible)

export const mitogen = ansibleWith(
  'mitogen',
  'the same with Mitogen',
  `strategy_plugins = ${STRATEGIES}\nstrategy = mitogen_linear\n`,
  async () =>
    (await withoutAnsible()) ??
    (existsSync(STRATEGIES) ? undefined : 'Mitogen is not installed (apt install ansible-mitogen)'),
)
