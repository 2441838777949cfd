import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LifeboatError } from '../../../src/base/errors.ts'
import { Template, type Value } from '../../../src/base/value.ts'
import { scopeOf, Templar } from '../../../src/text/template/index.ts'

let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lifeboat-lookups-'))
  mkdirSync(join(folder, 'role/files'), { recursive: true })
  mkdirSync(join(folder, 'role/templates'))
  writeFileSync(join(folder, 'role/files/a.txt'), 'of the role\n')
  writeFileSync(join(folder, 'a.txt'), 'of the playbook\n')
  writeFileSync(join(folder, 'b.txt'), 'b {{ x }}\n')
  writeFileSync(join(folder, 'role/templates/t.j2'), "x={{ x }}{% include 'inc.j2' %}\n")
  writeFileSync(join(folder, 'role/templates/inc.j2'), ' included {{ x }}\n')
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const evaluate = (text: string, variables: Record<string, Value> = { x: 1 }) =>
  new Templar(scopeOf(variables), {
    lookups: { baseDirectories: [join(folder, 'role'), folder], env: { HOME: '/home/of/nobody' } },
  }).evaluate(new Template(text, { source: { path: 'case', text }, line: 1, column: 1 }))

const failure = (text: string): LifeboatError => {
  try {
    evaluate(text)
  } catch (error) {
    if (error instanceof LifeboatError) return error
    throw error
  }
  throw new Error('no error was thrown')
}

describe('lookups of files', () => {
  it('search the folders in their order, files/ and templates/ first', () => {
    expect(evaluate("{{ lookup('file', 'a.txt') }}")).toBe('of the role')
    expect(evaluate("{{ lookup('template', 't.j2') }}")).toBe('x=1 included 1\n')
    expect(evaluate("{{ lookup('template', 't.j2', template_vars={'x': 2}) }}")).toBe('x=2 included 2\n')
  })

  it('never evaluate what a file holds, but for the lookup template', () => {
    expect(evaluate("{{ lookup('file', 'b.txt') }}")).toBe('b {{ x }}')
  })

  it('say where they searched', () => {
    const error = failure("{{ lookup('file', 'no.txt') }}")
    expect(error).toMatchObject({ code: 'template/lookup-failed', message: 'the file "no.txt" does not exist' })
    expect(error.hints).toEqual([
      `searched: ${['role/files', 'role', 'files', '.'].map((path) => join(folder, path, 'no.txt')).join(', ')}`,
    ])
    expect(error.where?.column).toBe(4)
  })

  it('find the first of several, and pass over names that are undefined', () => {
    const templar = new Templar(scopeOf({ os: 'debian' }), { lookups: { baseDirectories: [folder] } })
    const template = (text: string) => new Template(text, { source: { path: 'case', text }, line: 1, column: 1 })
    const terms = [template('{{ release }}.txt'), template('{{ os }}.txt'), 'b.txt']
    expect(templar.loopItems('first_found', terms, template('x').position)).toEqual([join(folder, 'b.txt')])
    expect(failure("{{ lookup('first_found', ['no.txt']) }}").message).toBe('none of the files exists')
  })

  it('glob', () => {
    expect(evaluate(`{{ query('fileglob', '${folder}/*.txt') | map('basename') | list }}`)).toEqual(['a.txt', 'b.txt'])
  })
})

describe('the lookup pipe', () => {
  it('gives what the command says, without its last newlines', () => {
    expect(evaluate("{{ lookup('pipe', 'pwd; echo') }}")).toBe(folder)
  })

  it('fails with the status and the words of the command', () => {
    const error = failure("{{ lookup('pipe', 'echo no >&2; exit 3') }}")
    expect(error.message).toBe('the command "echo no >&2; exit 3" failed with status 3')
    expect(error.hints).toEqual(['it said: no'])
    expect(evaluate("{{ lookup('pipe', 'exit 3', errors='ignore') | default('none', true) }}")).toBe('none')
  })
})

describe('the lookup password', () => {
  it('makes a password once and keeps it for its owner alone', () => {
    const first = evaluate("{{ lookup('password', 'secrets/db length=24 chars=hexdigits') }}")
    expect(first).toMatch(/^[\da-fA-F]{24}$/)
    expect(evaluate("{{ lookup('password', 'secrets/db length=24 chars=hexdigits') }}")).toBe(first)
    expect(readFileSync(join(folder, 'secrets/db'), 'utf8')).toBe(`${first}\n`)
    expect(statSync(join(folder, 'secrets/db')).mode & 0o777).toBe(0o600)
  })

  it('keeps none in /dev/null', () => {
    const one = "{{ lookup('password', '/dev/null') }}"
    expect(evaluate(one)).not.toBe(evaluate(one))
  })
})

describe('chance with a seed', () => {
  it('is the same each time, and another for another seed', () => {
    const pick = (seed: string) => evaluate(`{{ range(1000) | list | shuffle(seed='${seed}') }}`)
    expect(pick('db1')).toEqual(pick('db1'))
    expect(pick('db1')).not.toEqual(pick('db2'))
    expect(evaluate("{{ 59 | random(seed='db1') }}")).toBe(evaluate("{{ 59 | random(seed='db1') }}"))
    expect(evaluate("{{ 1000000 | random(seed='db1') }}")).not.toBe(evaluate("{{ 1000000 | random(seed='db2') }}"))
  })
})
