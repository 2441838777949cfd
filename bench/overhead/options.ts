import { parseArgs } from 'node:util'
import type { Suite } from '../../test/fleet/hosts/index.ts'
import { readCount, readList, readSuite } from '../option-values.ts'
import { choose } from '../turns.ts'
import { CONTENDERS } from './contenders/index.ts'
import type { Contender } from './stage.ts'

export interface Options {
  /** How many hosts take part, a race each. */
  readonly hosts: readonly number[]
  readonly rounds: number
  /** Milliseconds that a round trip takes longer in the far race; 0 for no such race. */
  readonly delay: number
  /** Hosts of the far race. */
  readonly farHosts: number
  /** Addresses of the one sshd that stands for many hosts; 0 for none. */
  readonly many: number
  readonly suite: Suite
  readonly contenders: readonly Contender[]
  /** Whether the tables go into bench/README.md and README.md: those that were measured. */
  readonly write: boolean
  /** Where every single measurement goes, as JSON. */
  readonly json: string | undefined
}

export const USAGE = `usage: npm run bench -- [options]
  --hosts N,N,…     a race over so many hosts each (1,4,16); '' for none
  --rounds N        measurements of each, of which the median counts (5)
  --delay MS        round trip that is added in the far race; 0 for none (25)
  --far-hosts N     hosts of the far race (4)
  --many N          addresses of one sshd that stand for many hosts; 0 for none (500)
  --suite RELEASE   Debian release of the hosts: bookworm or trixie
  --only A,B        contenders: lifeboat ansible mitogen floor-a floor-b
  --json FILE       write every single measurement there
  --no-write        leave README.md and bench/README.md as they are`

/** Reads the command line; throws where it cannot be read, and where the usage is asked for. */
export const readOptions = (args: readonly string[]): Options => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      hosts: { type: 'string', default: '1,4,16' },
      rounds: { type: 'string', default: '5' },
      delay: { type: 'string', default: '25' },
      'far-hosts': { type: 'string', default: '4' },
      many: { type: 'string', default: '500' },
      suite: { type: 'string', default: 'bookworm' },
      only: { type: 'string', default: '' },
      json: { type: 'string' },
      'no-write': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) throw new Error('what a run of small tasks costs, side by side')
  return {
    hosts: readList(values.hosts).map((each) => readCount('--hosts', each)),
    rounds: readCount('--rounds', values.rounds),
    delay: readCount('--delay', values.delay, 0),
    farHosts: readCount('--far-hosts', values['far-hosts']),
    many: readCount('--many', values.many, 0),
    suite: readSuite(values.suite),
    contenders: choose(CONTENDERS, readList(values.only)),
    write: !values['no-write'],
    json: values.json,
  }
}
