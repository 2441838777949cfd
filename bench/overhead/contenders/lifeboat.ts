import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Contender } from '../stage.ts'

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** Its command, as it is installed. */
export const LIFEBOAT = [process.execPath, path('../../../bin/lifeboat.js')] as const
export const PLAYBOOK = path('../playbook.yml')

export const lifeboat: Contender = {
  name: 'lifeboat',
  title: '**Lifeboat**',
  missing: async () => undefined,
  command: ({ inventoryFile, targets, folder }) => ({
    words: [...LIFEBOAT, 'play', PLAYBOOK, '-i', inventoryFile, '-f', String(targets.length)],
    environment: { LIFEBOAT_HOME: join(folder, 'lifeboat') },
  }),
  settled: (stdout) => {
    if (/changed=[1-9]/.test(stdout)) throw new Error(`a second run changed something:\n${stdout}`)
  },
}
