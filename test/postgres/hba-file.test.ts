import { expect, test } from 'vitest'
import { lockedHba, lockedIdent } from '../../src/postgres/hba-file.ts'

test('R30: only the owner may connect, through the local socket', () => {
  const keeper = { role: 'postgres', systemUser: 'postgres' }
  expect(lockedHba(keeper).split('\n').slice(1)).toEqual([
    'local  all          "postgres"  peer',
    'local  replication  "postgres"  peer',
    '',
  ])
  expect(lockedIdent(keeper)).toBe('# Locked by Lifeboat while the cluster is restored.\n')
})

test('R30: a superuser of another name is mapped', () => {
  const keeper = { role: 'db"admin', systemUser: 'postgres' }
  expect(lockedHba(keeper)).toContain('local  all          "db""admin"  peer map=lifeboat\n')
  expect(lockedIdent(keeper)).toContain('lifeboat  "postgres"  "db""admin"\n')
})
