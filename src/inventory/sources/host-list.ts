import type { InventoryDraft } from '../draft.ts'
import { readHostNames } from '../host-names.ts'

/** Whether a source is a list of hosts (`db1,db2,`) and not a path. */
export const isHostList = (source: string): boolean => source.includes(',')

/** Reads `db1,db2:2222,web[1:3],`: names with commas between them; the last comma makes a list of a single name. */
export const readHostList = (draft: InventoryDraft, list: string): void => {
  const source = { path: '<-i>', text: list }
  let offset = 0
  for (const piece of list.split(',')) {
    const text = piece.trim()
    if (text !== '') {
      const column = offset + piece.indexOf(text) + 1
      const { names, port } = readHostNames(text, { source, line: 1, column, length: text.length })
      for (const name of names) draft.addHost(name, 'ungrouped', port === undefined ? {} : { ansible_port: port })
    }
    offset += piece.length + 1
  }
}
