import { formatDuration } from '../../base/duration.ts'
import { formatSize } from '../../base/size.ts'
import type { Catalogue, CatalogueBackup, CatalogueTimeline } from './make-catalogue.ts'
import type { RecoveryWindow } from './windows.ts'

/** A catalogue as a text for a person: backups with their windows, the tree of timelines, and what is wrong. */
export const catalogueText = (catalogue: Catalogue): string => {
  const { name, folder, major_version, system_identifier, sizes, space } = catalogue
  return [
    `${name} in ${folder}: PostgreSQL ${major_version}, system identifier ${system_identifier}`,
    `backups ${formatSize(sizes.backups)}, WAL ${formatSize(sizes.wal)}; ${formatSize(space.free)} of ${formatSize(space.total)} free`,
    '',
    ...backupLines(catalogue.backups),
    '',
    ...timelineLines(catalogue.timelines),
    ...problemLines(catalogue),
  ].join('\n')
}

const backupLines = (backups: readonly CatalogueBackup[]): string[] => {
  if (backups.length === 0) return ['no whole backup']
  const rows = backups.flatMap((backup): string[][] => {
    const { id, label, type, stop_time, age, size, stored_size, timeline, parent, reader } = backup
    const marks = [...(parent === null ? [] : [`on ${parent}`]), ...(reader === null ? [] : [`read by ${reader}`])]
    const about = [id, type, ended(stop_time, age), formatSize(size), formatSize(stored_size), String(timeline)]
    const [first, ...more] = [...backup.windows.map(windowWords), ...backup.problems]
    const restores = [[...about, first ?? ''], ...more.map((words) => ['', '', '', '', '', '', words])]
    const notes = [...(label === `lifeboat ${id}` ? [] : [`"${label}"`]), ...marks].join(', ')
    return notes === '' ? restores : [...restores, [`  ${notes}`, '', '', '', '', '', '']]
  })
  return table(['backup', 'type', 'ended', 'size', 'stored', 'timeline', 'can be restored to'], rows)
}

const ended = (time: string, age: number): string => `${time} (${formatDuration(age)} ago)`

const windowWords = ({ timeline, to_lsn, to_time, proven, problem }: RecoveryWindow): string => {
  const end = `timeline ${timeline} up to ${to_lsn}${to_time === null ? '' : `, ${to_time}`}`
  return `${end}${proven ? ', proven' : ''}${problem === null ? '' : `; ${problem}`}`
}

/** The tree of timelines, each below the one that it was forked from. */
const timelineLines = (timelines: readonly CatalogueTimeline[]): string[] => {
  const byId = new Map(timelines.map((timeline) => [timeline.timeline, timeline]))
  const rows: string[][] = []
  const draw = (timeline: CatalogueTimeline, stem: string, branch: string): void => {
    const { segments, wal_size, first_segment, last_segment, start_lsn, reason, parent, future, last_archived } =
      timeline
    const fork = parent === null ? '' : `forked at ${start_lsn}${reason === '' ? '' : `: ${reason}`}`
    const range = first_segment === null ? 'no segment' : `${first_segment} to ${last_segment}`
    const end = future ? `an end, archived ${last_archived ?? 'never'}` : ''
    rows.push([`${stem}${branch}${timeline.timeline}`, String(segments), formatSize(wal_size), range, fork, end])
    const below = branch === '' ? stem : `${stem}${branch === '└─ ' ? '   ' : '│  '}`
    const children = timeline.children.flatMap((id) => byId.get(id) ?? [])
    for (const [index, child] of children.entries()) draw(child, below, index === children.length - 1 ? '└─ ' : '├─ ')
  }
  for (const timeline of timelines) if (timeline.parent === null) draw(timeline, '', '')
  return table(['timeline', 'segments', 'size', 'WAL', 'forked', 'future'], rows)
}

const problemLines = ({ gaps, damaged, incomplete, locked }: Catalogue): string[] => {
  const lines = [
    ...gaps.map(({ first_segment, last_segment, segments, next_backup }) => {
      const names = segments === 1 ? first_segment : `${first_segment} to ${last_segment}, ${segments} segments`
      const cost = next_backup === null ? 'nothing behind it can be restored' : `restorable again from ${next_backup}`
      return `WAL is missing: ${names}; ${cost}`
    }),
    ...damaged.map(({ id, reason, size }) => `damaged: ${id}, ${formatSize(size)}: ${reason}`),
    ...incomplete.map(({ name, size }) => `${locked ? 'at work' : 'never finished'}: ${name}, ${formatSize(size)}`),
  ]
  return lines.length === 0 ? [] : ['', ...lines]
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] => {
  const widths = head.map((_, column) =>
    // The notes of a backup stand in the first column alone and may run over the next ones.
    Math.max(...[head, ...rows].filter((row) => row.slice(1).some(Boolean)).map((row) => (row[column] ?? '').length)),
  )
  return [head, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
