import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { $ } from 'zx/core'
import { sh } from '../../src/base/quote.ts'
import type { FleetHost, HostFleet } from '../../test/fleet/hosts/index.ts'
import { shell } from '../host.ts'
import type { Command } from '../tally.ts'
import { sshWords } from './contenders/floors.ts'
import { demandUnchanged, LIFEBOAT } from './contenders/lifeboat.ts'
import { makeRace, raceOf } from './race.ts'
import { type Repeated, runSeries, type Series } from './series.ts'
import type { Race, Target } from './stage.ts'

const PLAYBOOK = fileURLToPath(new URL('many.yml', import.meta.url))

/** The addresses of one host: all that begin with these two numbers lead to it, as 127.0.0.0/8 leads to oneself. */
const NETWORK = '10.214'

/**
 * Measures runs over very many hosts, which are addresses of one sshd with its limits raised: a host of its own for each
 * would be more than this machine holds. Its sshd does all their work, on the same processors.
 */
export const measureCrowd = async (
  fleet: HostFleet,
  host: FleetHost,
  count: number,
  rounds: number,
): Promise<readonly Series[]> => {
  await raiseLimits(host)
  await $({ quiet: true })`ip route replace ${NETWORK}.0.0/16 via ${host.address}`
  try {
    return await runSeries(commandsFor(crowdOf(fleet, host, count)), rounds, () => shell(host, 'rm -rf /srv/many'))
  } finally {
    await $({ quiet: true })`ip route del ${NETWORK}.0.0/16`
  }
}

const raiseLimits = (host: FleetHost): Promise<string> =>
  shell(
    host,
    `printf '%s\\n' 'MaxStartups 2000' 'MaxSessions 50' > /etc/ssh/sshd_config.d/many.conf
    ip route replace local ${NETWORK}.0.0/16 dev lo
    systemctl set-property ssh.service TasksMax=infinity
    systemctl restart ssh`,
  )

const crowdOf = (fleet: HostFleet, host: FleetHost, count: number): Race => {
  const targets = Array.from({ length: count }, (_, index): Target => {
    const address = `${NETWORK}.${Math.floor(index / 250)}.${(index % 250) + 1}`
    return { name: `host${String(index + 1).padStart(3, '0')}`, address, port: 22 }
  })
  const keys = readFileSync(makeRace(fleet, [host]).knownHostsFile, 'utf8')
    .trim()
    .split('\n')
  return raceOf(
    fleet,
    [host],
    targets,
    keys.map((line) => line.replace(/^\S+/, `${NETWORK}.*`)),
  )
}

const commandsFor = (race: Race): readonly Repeated[] => {
  const environment = { LIFEBOAT_HOME: join(race.folder, 'lifeboat') }
  const count = race.targets.length
  const common = ['-i', race.inventoryFile, '-f', String(count)] as const
  const play = { words: [...LIFEBOAT, 'play', PLAYBOOK, ...common] as const, environment }
  return [
    {
      title: 'Lifeboat: `ping`',
      command: { words: [...LIFEBOAT, 'exec', 'all', '-m', 'ping', ...common], environment },
    },
    { title: 'Lifeboat: five tasks, first run', command: play },
    { title: 'Lifeboat: five tasks, second run', command: play, settled: (stdout) => demandUnchanged(stdout, count) },
    { title: '`ssh HOST true`, 64 at once', command: bySsh(race) },
  ]
}

const bySsh = (race: Race): Command => {
  const addresses = join(race.folder, 'addresses')
  writeFileSync(addresses, race.targets.map(({ address }) => `${address}\n`).join(''))
  const ssh = sh`xargs -P 64 -I {} ${sshWords(race, { port: 22 })} {} true < ${addresses}`
  return { words: ['sh', '-c', ssh.text] }
}
