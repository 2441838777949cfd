import { mkdtempSync, realpathSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import command from '../../../src/modules/commands/command.ts'
import shell from '../../../src/modules/commands/shell.ts'
import { run } from '../harness.ts'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'lb-command-')))
writeFileSync(join(folder, 'there.txt'), '')

describe('command', () => {
  it('runs words, not shell text', async () => {
    const result = await run(command, { cmd: `printf '%s|' "a b" $HOME '>' x;y` })
    expect(result).toMatchObject({
      changed: true,
      fields: { rc: 0, stdout: `a b|${process.env.HOME}|>|x;y|`, cmd: ['printf', '%s|', 'a b', '$HOME', '>', 'x;y'] },
    })
  })

  it('expands nothing when told so, and never a variable that is not set', async () => {
    const literal = await run(command, { argv: ['echo', '$HOME', '~'], expand_argument_vars: false })
    expect(literal.fields?.stdout).toBe('$HOME ~')
    const unset = await run(command, { argv: ['echo', 'a$NOT_SET_HERE', "it's `x` $(id)"] })
    expect(unset.fields?.stdout).toBe("a$NOT_SET_HERE it's `x` $(id)")
  })

  it('gives lines, strips empty ends, and keeps them when told so', async () => {
    const stripped = await run(command, { argv: ['printf', 'a\nb\n\n'] })
    expect(stripped.fields).toMatchObject({ stdout: 'a\nb', stdout_lines: ['a', 'b'], stderr: '', stderr_lines: [] })
    const kept = await run(command, { argv: ['printf', 'a\nb\n\n'], strip_empty_ends: false })
    expect(kept.fields).toMatchObject({ stdout: 'a\nb\n\n', stdout_lines: ['a', 'b', ''] })
  })

  it('fails with the exit status', async () => {
    const result = await run(command, { argv: ['sh', '-c', 'echo no >&2; exit 3'] })
    expect(result).toMatchObject({ failed: true, msg: 'non-zero return code', fields: { rc: 3, stderr: 'no' } })
  })

  it('names a program and a folder that do not exist', async () => {
    expect(await run(command, { cmd: 'no-such-program --x' })).toMatchObject({
      changed: false,
      failed: true,
      msg: 'there is no program "no-such-program" on the host',
      fields: { rc: 2 },
    })
    expect(await run(command, { cmd: 'ls', chdir: '/no/such/folder' })).toMatchObject({
      failed: true,
      msg: 'cannot change to the folder /no/such/folder',
    })
  })

  it('runs in a folder, with a standard input', async () => {
    expect((await run(command, { cmd: 'pwd', chdir: folder })).fields?.stdout).toBe(folder)
    expect((await run(command, { cmd: 'cat', stdin: 'x' })).fields?.stdout).toBe('x')
    expect((await run(command, { cmd: 'cat' })).fields?.stdout).toBe('')
  })

  it('does not run where creates exists or removes does not', async () => {
    const created = await run(command, { cmd: 'false', creates: 'there.*', chdir: folder })
    expect(created).toMatchObject({
      changed: false,
      msg: 'did not run the command since there.* exists',
      fields: { rc: 0, stdout: 'skipped, since there.* exists' },
    })
    expect(created.failed).toBeUndefined()
    const removed = await run(command, { cmd: 'false', removes: join(folder, 'gone.*') })
    expect(removed).toMatchObject({ changed: false, fields: { rc: 0 } })
    expect(await run(command, { cmd: 'true', removes: join(folder, 'there.txt') })).toMatchObject({ changed: true })
  })

  it('answers check mode as honestly as it can', async () => {
    const checkMode = { checkMode: true }
    expect(await run(command, { cmd: 'rm -rf /x' }, checkMode)).toMatchObject({ changed: false, skipped: true })
    const would = { cmd: 'touch no', creates: join(folder, 'no') }
    expect(await run(command, would, checkMode)).toMatchObject({ changed: true })
    const not = { cmd: 'touch there.txt', creates: join(folder, 'there.txt') }
    expect(await run(command, not, checkMode)).toMatchObject({ changed: false })
  })

  it('demands one command, well quoted', async () => {
    await expect(run(command, {}, { name: 'command' })).rejects.toThrow('command: give one of "cmd" and "argv"')
    await expect(run(command, { cmd: 'echo "a' }, { name: 'command' })).rejects.toThrow(
      '"cmd" of command must have every quote closed, not "echo \\"a"',
    )
  })
})

describe('shell', () => {
  it('runs shell text', async () => {
    const result = await run(shell, { cmd: 'echo a | tr a b; echo "$X" >&2' }, { environment: { X: "it's" } })
    expect(result).toMatchObject({ changed: true, fields: { stdout: 'b', stderr: "it's" } })
  })

  it('runs another shell', async () => {
    const result = await run(shell, { cmd: 'echo ${BASH_VERSION:+bash}', executable: '/bin/bash' })
    expect(result.fields?.stdout).toBe('bash')
    expect(await run(shell, { cmd: 'true', executable: '/bin/no-shell' })).toMatchObject({ failed: true })
  })

  it('is not run where creates exists', async () => {
    expect(await run(shell, { cmd: 'exit 9', creates: folder })).toMatchObject({ changed: false, fields: { rc: 0 } })
  })
})
