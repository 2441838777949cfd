import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseBackupManifest } from '../../../src/postgres/backup-manifest.ts'
import { failureOf } from '../../failure-of.ts'
import { type FarHost, startFarHost } from './far-host.ts'
import { type StandbyHost, startStandby } from './standby-host.ts'

let primary: FarHost
let standby: StandbyHost

beforeAll(async () => {
  primary = await startFarHost({ hosts: 2 })
  standby = await startStandby(primary)
})
afterAll(async () => {
  await standby?.close()
  await primary?.close()
})

test('B12: a standby backs up into the folder of its primary on the repository host, with a key of its own', async () => {
  const { dataDirectory } = standby.host
  const backUp = () =>
    primary.backUp({ cluster: dataDirectory, name: 'db1', from_standby: true }, { session: standby.session })
  const error = await failureOf(backUp())
  expect([error.code, error.message]).toEqual(['archive/no-link', `this host has no key for ${primary.repository}/db1`])
  await primary.admit(standby.session, 'db2', dataDirectory)
  const { backup, folder, warnings } = await backUp()
  expect(warnings).toEqual([])
  expect(backup.backup_label).toContain('BACKUP FROM: standby')
  const { wal, backups } = await primary.repositoryNow()
  const archived = wal.map(({ name }) => name)
  expect(archived).toEqual(expect.arrayContaining([backup.first_segment, backup.last_segment]))
  expect(backups).toEqual([backup])
  const manifest = parseBackupManifest(readFileSync(join(folder, 'backup_manifest'), 'utf8'))
  expect(manifest.walRanges).toHaveLength(1)
})
