import { parseArgs } from 'node:util'
import { parseSize } from '../../src/base/size.ts'
import type { Suite } from '../../test/fleet/hosts/index.ts'
import { readCount, readList, readSuite } from '../option-values.ts'
import { choose } from '../turns.ts'
import type { Contender } from './contender.ts'
import { CONTENDERS } from './contenders/index.ts'

export interface Options {
  /** Bytes of the pgbench tables. */
  readonly size: number
  /** As it was written: `1GB`. */
  readonly sizeWords: string
  readonly rounds: number
  /** WAL segments in a burst. */
  readonly segments: number
  readonly suite: Suite
  readonly contenders: readonly Contender[]
  /** The best of the rounds counts, not their median: for a machine that others use too. */
  readonly best: boolean
  /** Whether the table goes into bench/README.md. */
  readonly write: boolean
  /** Where every single measurement goes, as JSON. */
  readonly json: string | undefined
}

export const USAGE = `usage: npm run bench:backup -- [options]
  --size SIZE       data in the cluster (1GB)
  --rounds N        measurements of each, of which the median counts (3)
  --segments N      WAL segments in a burst (32)
  --suite RELEASE   Debian release of the hosts: bookworm (PostgreSQL 15) or trixie (17)
  --only A,B        contenders: lifeboat seed server-zstd pgbackrest-zst pgbackrest-lz4 barman
  --best            show the best of the rounds, where others use the machine too
  --json FILE       write every single measurement there
  --no-write        leave bench/README.md as it is`

/** Reads the command line; throws where it cannot be read, and where the usage is asked for. */
export const readOptions = (args: readonly string[]): Options => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      size: { type: 'string', default: '1GB' },
      rounds: { type: 'string', default: '3' },
      segments: { type: 'string', default: '32' },
      suite: { type: 'string', default: 'bookworm' },
      only: { type: 'string', default: '' },
      best: { type: 'boolean', default: false },
      json: { type: 'string' },
      'no-write': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) throw new Error('speed of backup, restore and archive, side by side')
  return {
    size: parseSize(values.size),
    sizeWords: values.size,
    rounds: readCount('--rounds', values.rounds),
    segments: readCount('--segments', values.segments),
    suite: readSuite(values.suite),
    contenders: choose(CONTENDERS, readList(values.only)),
    best: values.best,
    write: !values['no-write'],
    json: values.json,
  }
}
