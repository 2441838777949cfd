import { expect, test } from 'vitest'
import { decodeValue } from '../../../src/cluster/sql/decode.ts'

test.each<[string, string, unknown]>([
  ['1', 'integer', 1],
  ['4294967295', 'oid', 4294967295],
  ['9007199254740991', 'bigint', 9007199254740991],
  ['9007199254740993', 'bigint', '9007199254740993'],
  ['t', 'boolean', true],
  ['1.50', 'numeric(10,2)', '1.50'],
  ['NaN', 'double precision', 'NaN'],
  ['1.5e-05', 'real', 0.000015],
  ['{"a": [1]}', 'jsonb', { a: [1] }],
  ['2026-11-22 09:30:00.000001+08', 'timestamp with time zone', '2026-11-22T01:30:00.000001Z'],
  ['2026-11-22 00:00:00-03:30', 'timestamp(3) with time zone', '2026-11-22T03:30:00Z'],
  ['1900-01-01 00:05:43+08:05:43', 'timestamp with time zone', '1899-12-31T16:00:00Z'],
  ['infinity', 'timestamp with time zone', 'infinity'],
  ['0044-03-15 12:00:00+00 BC', 'timestamp with time zone', '0044-03-15 12:00:00+00 BC'],
  ['2026-11-22 09:30:00', 'timestamp without time zone', '2026-11-22T09:30:00'],
  ['{1,NULL,3}', 'integer[]', [1, null, 3]],
  [
    '{{1,2},{3,4}}',
    'integer[]',
    [
      [1, 2],
      [3, 4],
    ],
  ],
  ['[0:1]={7,8}', 'integer[]', [7, 8]],
  ['{a,"b,c","d\\"\\\\e",NULL,"NULL",""}', 'text[]', ['a', 'b,c', 'd"\\e', null, 'NULL', '']],
  ['{}', 'text[]', []],
  ['{"2026-11-22 09:30:00+00"}', 'timestamp with time zone[]', ['2026-11-22T09:30:00Z']],
  ['0/3000028', 'pg_lsn', '0/3000028'],
])('%s of type %s', (text, type, value) => {
  expect(decodeValue(text, type)).toEqual(value)
})
