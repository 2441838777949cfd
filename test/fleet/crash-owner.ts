// Boots a fleet, says where it stands and waits to be killed: crash-owner.ts hosts|processes
import { bootHosts } from './hosts/index.ts'
import { startProcesses } from './processes/index.ts'

const fleet =
  process.argv[2] === 'hosts'
    ? await bootHosts([
        { name: 'one', suite: 'bookworm' },
        { name: 'two', suite: 'trixie', postgres: false },
      ])
    : await startProcesses({ hosts: 2 })
process.stdout.write(`${fleet.directory}\n`)
setInterval(() => {}, 1000)
