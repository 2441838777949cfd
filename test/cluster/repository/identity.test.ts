import { expect, test } from 'vitest'
import { checkIdentity, formatIdentity, parseIdentity } from '../../../src/cluster/repository/identity.ts'
import { layoutOf } from '../../../src/cluster/repository/layout.ts'
import { parseRepository } from '../../../src/cluster/repository/location.ts'

const layout = layoutOf(parseRepository('/r'), 'db1')
const identity = {
  version: 1,
  system_identifier: '7300000000000000001',
  major_version: 15,
  wal_segment_size: 16777216,
  created_by: 'db1',
  created: '2026-11-22T01:30:00Z',
} as const

test('is written one key a line, for the helpers, and read again', () => {
  const text = formatIdentity(identity)
  expect(text).toContain('\n  "system_identifier": "7300000000000000001",\n')
  expect(parseIdentity(text, 'identity.json')).toEqual(identity)
})

test.each(['', '{', '{}', formatIdentity({ ...identity, version: 2 as 1 }), '{"version":1,"system_identifier":7}'])(
  '%j is damaged',
  (text) => {
    expect(() => parseIdentity(text, '/r/db1/identity.json')).toThrow(
      '/r/db1/identity.json is not the identity of a cluster',
    )
  },
)

test('A9: another cluster, another version and another segment size are each told', () => {
  expect(() => checkIdentity(layout, identity, identity)).not.toThrow()
  expect(() => checkIdentity(layout, identity, { ...identity, system_identifier: '7' })).toThrow(
    "/r/db1 belongs to another cluster: its system identifier is 7300000000000000001, this cluster's is 7",
  )
  expect(() => checkIdentity(layout, identity, { ...identity, major_version: 17 })).toThrow(
    "its major version is 15, this cluster's is 17",
  )
  expect(() => checkIdentity(layout, identity, { ...identity, wal_segment_size: 1048576 })).toThrow('WAL segment size')
})
