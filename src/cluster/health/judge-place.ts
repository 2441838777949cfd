import type { RepositoryFolder } from '../repository/folder.ts'
import type { RepositoryLayout } from '../repository/layout.ts'
import { type Check, checkOf, type Finding } from './checks.ts'

/** Where the repository is, and who may read it (trap A19). */
export const judgePlace = (folder: RepositoryFolder, layout: RepositoryLayout, dataDirectory: string): Check => {
  const findings: Finding[] = []
  const { location, place } = layout
  const elsewhere = 'put the repository on another disk, a share or another host'
  if (location.kind === 'path' && `${place}/`.startsWith(`${dataDirectory}/`)) {
    findings.push({ verdict: 'fail', words: `${place} is inside the data directory`, hint: elsewhere })
  } else if (folder.besideData) {
    findings.push({ verdict: 'warn', words: `${layout.root} is on the disk of the data directory`, hint: elsewhere })
  }
  if (!/^0?[0-7]00$/.test(folder.mode)) {
    const words = `${place} has the mode ${folder.mode}: others may read all data`
    findings.push({ verdict: 'warn', words, hint: 'chmod 0700, as postgresql_archive does' })
  }
  return checkOf('place', findings, `${place}, ${folder.owner} ${folder.mode}`)
}
