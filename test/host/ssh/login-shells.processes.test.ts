import { chmodSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Become, Connection } from '../../../src/host/connection.ts'
import { putFile } from '../../../src/host/files.ts'
import { getFile } from '../../../src/host/get-file.ts'
import { sshConnection } from '../../../src/host/ssh/connection.ts'
import { isRoot, startSshd, type TestSshd, type TestUser } from './sshd.ts'

/** busybox is the shell that it is called. */
const links = mkdtempSync(join(tmpdir(), 'lb-shells-'))
chmodSync(links, 0o755)
symlinkSync('/bin/busybox', join(links, 'ash'))
afterAll(() => rmSync(links, { recursive: true }))

const SUDO = 'ALL=(ALL) ALL'
const NOISE = 'echo "welcome: $0"; echo "mind the step" >&2; printf "no newline"\n'

/** Logins that talk before anything is asked of them. */
const SHELLS: readonly (TestUser & { readonly shell: string })[] = [
  { name: 'in-bash', shell: '/bin/bash', bashrc: `${NOISE}set -o noclobber; alias id=false\n` },
  { name: 'in-dash', shell: '/bin/dash', files: { '.profile': NOISE } },
  {
    name: 'in-fish',
    shell: '/usr/bin/fish',
    files: { '.config/fish/config.fish': 'echo welcome; echo mind the step >&2; printf "no newline"\n' },
  },
  {
    name: 'in-csh',
    shell: '/bin/csh',
    files: { '.cshrc': 'echo welcome\nset prompt = "%"\nalias sh false\nprintf "no newline"\n' },
  },
  { name: 'in-tcsh', shell: '/bin/tcsh', files: { '.tcshrc': 'echo "welcome!"\nset autologout = 1\n' } },
  { name: 'in-ash', shell: join(links, 'ash'), files: { '.profile': NOISE } },
]
const there = SHELLS.filter(({ shell }) => existsSync(shell))
const EVERY_BYTE = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))

describe.skipIf(!isRoot)('a login shell', () => {
  let sshd: TestSshd
  beforeAll(async () => {
    const users = there.map((user) => ({ ...user, sudo: SUDO, password: `it's "a" $word!` }))
    sshd = await startSshd([...users, { name: 'postgres-like' }], ['PrintMotd yes', 'Banner /etc/hostname'])
  })
  afterAll(() => sshd.stop())

  describe.each(there)('that is $shell', ({ name, shell }) => {
    let connection: Connection
    beforeAll(() => {
      connection = sshConnection(sshd.options({ user: name }))
    })
    afterAll(() => connection.close())
    const sudo: Become = { user: 'postgres-like', method: 'sudo', password: `it's "a" $word!` }

    it.each([
      ['the login user', undefined],
      ['another user', sudo],
      ['another user in its login shell', { ...sudo, flags: '-i' }],
    ] as const)('leaves the output of %s clean', async (_name, become) => {
      const session = await connection.session(become)
      const script = `cat; echo '$x "y" \\z !' >&2; [ "$LC_ALL" = C ] && id -un >&2; exit 3`
      expect(await session.run(script, { stdin: EVERY_BYTE })).toMatchObject({
        status: 3,
        stdoutBytes: EVERY_BYTE,
        stderr: `$x "y" \\z !\n${become ? 'postgres-like' : name}\n`,
      })
      const process = await session.start('cat; echo err >&2; exit 4')
      process.stdin.end(EVERY_BYTE)
      const [out, err] = await Promise.all([process.stdout.toArray(), process.stderr.toArray()])
      expect(Buffer.concat(out as Buffer[])).toEqual(EVERY_BYTE)
      expect(Buffer.concat(err as Buffer[]).toString()).toBe('err\n')
      expect(await process.ended).toEqual({ status: 4 })
    })

    it('stops a script', async () => {
      const session = await connection.session()
      const sleep = `sleep ${700 + SHELLS.findIndex((user) => user.shell === shell)}.25`
      await expect(session.run(`${sleep} & ${sleep}`, { timeout: 0.2 })).rejects.toMatchObject({ code: 'host/timeout' })
      expect(
        (await session.run(`ps -A -o stat=,args= | grep '${sleep.replace('s', '[s]')}' | grep -v ^Z`)).stdout,
      ).toBe('')
    })

    it('writes and reads files', async () => {
      const session = await connection.session()
      const path = `${sshd.folder}/home/${name}/it's a "file"`
      await putFile(session, path, Buffer.concat(Array.from({ length: 2000 }, () => EVERY_BYTE)), { mode: '0600' })
      expect((await getFile(session, path)).length).toBe(512_000)
    })
  })
})
