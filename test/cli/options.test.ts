import { Command } from 'commander'
import { expect, test } from 'vitest'
import { addHostOptions, addInventoryOption, addRunOptions, addVaultOptions } from '../../src/cli/options.ts'

const parse = (...args: string[]): Record<string, unknown> => {
  const command = addRunOptions(addVaultOptions(addHostOptions(addInventoryOption(new Command()))))
  return command.exitOverride().parse(args, { from: 'user' }).opts()
}

test("flags have the names and letters of ansible-playbook's", () => {
  const short = parse(
    '-i',
    'a',
    '-i',
    'b',
    '-l',
    'db1',
    '-t',
    'x',
    '-e',
    'k=v',
    '-u',
    'admin',
    '-T',
    '5',
    '-f',
    '3',
    '-C',
    '-D',
    '-b',
    '-vv',
  )
  expect(short).toMatchObject({
    inventory: ['a', 'b'],
    limit: 'db1',
    tags: ['x'],
    extraVars: ['k=v'],
    user: 'admin',
    timeout: 5,
    forks: 3,
    check: true,
    diff: true,
    become: true,
    verbose: 2,
  })
  const long = parse(
    '--private-key',
    'id',
    '--vault-password-file',
    'pass',
    '--become-user',
    'postgres',
    '--skip-tags',
    'y',
  )
  expect(long).toMatchObject({ privateKey: 'id', vaultPasswordFile: ['pass'], becomeUser: 'postgres', skipTags: ['y'] })
  expect(parse('--key-file', 'id', '--vault-pass-file', 'p')).toMatchObject({
    privateKey: 'id',
    vaultPasswordFile: ['p'],
  })
})

test('numbers are numbers', () => {
  expect(() => parse('-f', 'many')).toThrow('it must be a whole number above 0')
  expect(() => parse('--output', 'xml')).toThrow('it must be terminal or json')
})
