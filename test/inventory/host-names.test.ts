import { describe, expect, it } from 'vitest'
import { readHostNames } from '../../src/inventory/host-names.ts'

describe('names of hosts', () => {
  it.each([
    ['db1', ['db1'], undefined],
    ['db1:2222', ['db1'], 2222],
    ['db[1:3]', ['db1', 'db2', 'db3'], undefined],
    ['db[08:10].example.com:22', ['db08.example.com', 'db09.example.com', 'db10.example.com'], 22],
    ['db[001:003]', ['db001', 'db002', 'db003'], undefined],
    ['db[1:9:4]', ['db1', 'db5', 'db9'], undefined],
    ['db[a:c]', ['dba', 'dbb', 'dbc'], undefined],
    ['db[y:B]', ['dby', 'dbz', 'dbA', 'dbB'], undefined],
    ['[a:b]x[1:2]', ['ax1', 'ax2', 'bx1', 'bx2'], undefined],
    ['db[:2]', ['db0', 'db1', 'db2'], undefined],
    ['10.0.0.[1:2]', ['10.0.0.1', '10.0.0.2'], undefined],
    ['2001:db8::1', ['2001:db8::1'], undefined],
    ['[2001:db8::1]:2222', ['2001:db8::1'], 2222],
    ['[::1]', ['::1'], undefined],
  ])('%s', (text, names, port) => {
    expect(readHostNames(text)).toEqual({ names, port })
  })

  it.each([
    ['db[3:1]', 'the range "[3:1]" begins after its end'],
    ['db[1]', 'the range "[1]" is not [begin:end] or [begin:end:step]'],
    ['db[1:2:3:4]', 'the range "[1:2:3:4]" is not [begin:end] or [begin:end:step]'],
    ['db[1:]', 'the range "[1:]" has no end'],
    ['db[01:100]', 'the range "[01:100]" begins with a zero, and its bounds have not the same number of digits'],
    ['db[a:3]', 'the range "[a:3]" has bounds that are neither two numbers nor two letters'],
    ['db[1:3:0]', 'the range "[1:3:0]" has a step that is not a number above 0'],
    ['db[1:3', 'the range "db[1:3" has no closing bracket'],
    ['db1:', 'the host name "db1:" ends in a colon'],
  ])('%s is refused', (text, message) => {
    expect(() => readHostNames(text)).toThrow(message)
  })
})
