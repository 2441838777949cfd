import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Contender } from '../stage.ts'

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** Its command, as it is installed. */
export const LIFEBOAT = [process.execPath, path('../../../bin/lifeboat.js')] as const
export const PLAYBOOK = path('../playbook.yml')

/** A recap as Ansible writes it, too: all hosts in it, and nothing changed on any. */
export const demandUnchanged = (stdout: string, hosts: number): void => {
  const recaps = stdout.match(/\bchanged=\d+/g) ?? []
  if (recaps.length !== hosts || recaps.some((each) => each !== 'changed=0')) {
    throw new Error(`a second run changed something:\n${stdout}`)
  }
}

export const lifeboat: Contender = {
  name: 'lifeboat',
  title: '**Lifeboat**',
  missing: async () => undefined,
  command: ({ inventoryFile, targets, folder }) => ({
    words: [...LIFEBOAT, 'play', PLAYBOOK, '-i', inventoryFile, '-f', String(targets.length)],
    environment: { LIFEBOAT_HOME: join(folder, 'lifeboat') },
  }),
  settled: demandUnchanged,
}
