import { expect, test } from 'vitest'
import { batchesOf } from '../../src/engine/serial.ts'

const hosts = ['a', 'b', 'c', 'd', 'e']

test.each([
  [undefined, [['a', 'b', 'c', 'd', 'e']]],
  [2, [['a', 'b'], ['c', 'd'], ['e']]],
  ['2', [['a', 'b'], ['c', 'd'], ['e']]],
  ['40%', [['a', 'b'], ['c', 'd'], ['e']]],
  ['1%', [['a'], ['b'], ['c'], ['d'], ['e']]],
  [
    [1, '50%'],
    [['a'], ['b', 'c'], ['d', 'e']],
  ],
  [0, [['a', 'b', 'c', 'd', 'e']]],
])('serial %j makes the batches %j', (serial, batches) => {
  expect(batchesOf(hosts, serial)).toEqual(batches)
})

test('a serial that is no size is refused', () => {
  expect(() => batchesOf(hosts, 'half')).toThrow('"half" is not a batch size')
})
