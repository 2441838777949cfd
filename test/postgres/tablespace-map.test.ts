import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatTablespaceMap, parseTablespaceMap } from '../../src/postgres/tablespace-map.ts'

test('R23: a line is an OID and a path, a backslash makes the next character literal', () => {
  expect(parseTablespaceMap('16387 /srv/ts\\\\we ird\n16388 /srv/a\\\nb\n')).toEqual([
    { oid: 16387, location: '/srv/ts\\we ird' },
    { oid: 16388, location: '/srv/a\nb' },
  ])
})

test('R23: any path survives being written and read', () => {
  const tablespaces = fc.array(
    fc.record({ oid: fc.integer({ min: 16384, max: 0xffffffff }), location: fc.string({ minLength: 1 }) }),
  )
  fc.assert(
    fc.property(tablespaces, (list) => {
      expect(parseTablespaceMap(formatTablespaceMap(list))).toEqual(list)
    }),
  )
})

test('R23: a broken map is refused', () => {
  expect(() => parseTablespaceMap('pg_default /srv\n')).toThrow(
    'tablespace_map: "pg_default /srv" is not an OID and a path',
  )
  expect(() => parseTablespaceMap('16387 /srv')).toThrow('tablespace_map: it ends in the middle of "16387 /srv"')
})
