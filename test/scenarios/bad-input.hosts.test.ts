import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bootHosts, type FleetHost, type HostFleet } from '../fleet/hosts/index.ts'
import {
  archiveEverything,
  type Contents,
  clock,
  contentsOf,
  differences,
  quieten,
  shell,
  sql,
} from './support/cluster.ts'
import { failuresOf, resultOf } from './support/document.ts'
import { Lifeboat, type Outcome } from './support/lifeboat.ts'

const repository = '/mnt/shared/lifeboat'

let fleet: HostFleet
let lifeboat: Lifeboat
let db: FleetHost
let spare: FleetHost
let other: FleetHost
/** The first segment behind the backup; there is one more behind it. */
let segment: string
/** Moments of db's life. */
let moments: { beforeBackup: string; middle: string; tail: string }
let before: Contents

const folders = ['/var/lib/postgresql', '/etc/postgresql', '/mnt/shared']
const read = (): Promise<Contents> => contentsOf([db, spare, other], ...folders)

beforeAll(async () => {
  fleet = await bootHosts([
    { name: 'db', suite: 'bookworm' },
    { name: 'spare', suite: 'bookworm' },
    { name: 'other', suite: 'trixie' },
  ])
  db = fleet.host('db')
  spare = fleet.host('spare')
  other = fleet.host('other')
  lifeboat = new Lifeboat(['-i', fleet.inventoryFile, '-b'])
  await liveAndBreak()
  before = await read()
})

afterAll(async () => {
  lifeboat?.close()
  await fleet?.close()
})

/** A cluster with an archive and a backup, and copies of its repository of which each lacks something. */
const liveAndBreak = async (): Promise<void> => {
  const beforeBackup = await clock(db)
  // No segment may come by itself while hosts are compared.
  for (const playbook of ['archive', 'backup']) {
    const made = await lifeboat.playJson(
      `playbooks/${playbook}.yml`,
      '-l',
      'db',
      '-e',
      `repository=${repository}`,
      '-e',
      'archive_timeout=0',
    )
    expect(made.status, failuresOf(made.document)).toBe(0)
  }
  await sql(db, 'CREATE TABLE orders (id int)')
  const middle = await clock(db)
  segment = await sql(db, 'INSERT INTO orders VALUES (1); SELECT pg_walfile_name(pg_current_wal_lsn())')
  await archiveEverything(db)
  await sql(db, `INSERT INTO orders VALUES (2); SELECT pg_create_restore_point('before_release')`)
  await sql(db, 'INSERT INTO orders VALUES (3)')
  await archiveEverything(db)
  moments = { beforeBackup, middle, tail: await clock(db) }

  const stored = `db/wal/00000001/${segment}.zst`
  const changed = (name: string, change: string) =>
    `cp -a lifeboat ${name} && (cd ${name} && zstd -qd ${stored} -o raw && chmod u+w ${stored} && ${change} && zstd -qf raw -o ${stored} && rm raw)`
  await shell(
    db,
    `set -e; cd /mnt/shared
    cp -a lifeboat missing && rm ${join('missing', stored)}
    ${changed('truncated', 'truncate -s 1M raw')}
    ${changed('corrupt', 'printf garbage | dd of=raw bs=1 seek=300 conv=notrunc status=none')}
    ${changed('foreign', 'printf 12345678 | dd of=raw bs=1 seek=24 conv=notrunc status=none')}
    cp -a lifeboat nobackup && rm -r nobackup/db/backup/*
    cp -a lifeboat damaged && rm damaged/db/backup/*/base.tar*`,
    { user: 'postgres' },
  )
  await quieten([db, spare, other])
}

/** Runs a playbook of this text on all hosts. */
const playText = (text: string, ...args: readonly string[]): Promise<Outcome> => {
  const path = join(fleet.directory, 'playbook.yml')
  writeFileSync(path, text)
  return lifeboat.play(path, ...args)
}

const restoreOn = (host: string, variables: Readonly<Record<string, unknown>>) =>
  lifeboat.playJson(
    'playbooks/restore.yml',
    '-l',
    host,
    '-e',
    JSON.stringify({ source: 'db', repository, replace: true, ...variables }),
  )

const errorOn = async (
  host: string,
  variables: Readonly<Record<string, unknown>>,
): Promise<[number | null, string, string]> => {
  const { status, document } = await restoreOn(host, variables)
  const { code, message } = resultOf(document, host, 'Restore').error as { code: string; message: string }
  return [status, code, message]
}

const play = (tasks: string): string => `- hosts: all
  gather_facts: false
  tasks:
    - name: Leave a trace
      command: touch /etc/postgresql/trace
${tasks}`

describe('a playbook with a mistake', () => {
  it.each([
    [
      'an unknown keyword',
      play('    - name: x\n      pign:\n      wen: true\n'),
      1,
      'playbook/unknown-keyword',
      'hint: did you mean "when"?',
    ],
    [
      'an unknown module',
      play('    - postgresql_bakcup:\n'),
      1,
      'playbook/unknown-module',
      'hint: did you mean "postgresql_backup"?',
    ],
    [
      'an unknown parameter',
      play('    - postgresql_backup:\n        max_aeg: 1h\n'),
      1,
      'module/unknown-parameter',
      'hint: did you mean "max_age"?',
    ],
    ['a parameter that is missing', play('    - copy:\n        content: x\n'), 1, 'module/missing-parameter', 'dest'],
    [
      'two parameters that exclude each other, beside one that is rendered later',
      play('    - postgresql_restore:\n        cluster: "{{ c }}"\n        target: latest\n        target_xid: 7\n'),
      1,
      'postgres/bad-target',
      'target and target_xid cannot both be the target',
    ],
    [
      'a value that its parameter cannot have',
      play('    - postgresql_restore:\n        target: yesterday\n'),
      1,
      'module/bad-parameter',
      'latest',
    ],
    ['an expression that cannot be read', play('    - ping:\n      when: 1 +\n'), 1, 'template/syntax', '1 +'],
    [
      'an unknown filter',
      play('    - debug:\n        msg: "{{ 1 | defualt(2) }}"\n'),
      1,
      'template/unknown-filter',
      'hint: did you mean "default"?',
    ],
    ['a tab', play('    - ping:\n\tname: x\n'), 1, 'yaml/tab', 'hint: indent with spaces'],
    [
      'a handler that is not there',
      play('    - ping:\n      notify: Restart\n'),
      1,
      'engine/unknown-handler',
      'Restart',
    ],
    ['a file that is not there', play('    - import_tasks: nowhere.yml\n'), 1, 'file/not-found', 'nowhere.yml'],
  ])('%s', async (_name, text, status, code, hint) => {
    const outcome = await playText(text)
    expect(outcome.stderr).toContain(`error[${code}]`)
    expect(outcome.stderr).toContain(hint)
    expect(outcome.stderr).toMatch(/playbook\.yml:\d+:\d+/)
    expect(outcome.status).toBe(status)
    expect(differences(before, await read())).toEqual([])
  })

  it('several mistakes are said at once', async () => {
    const { stderr, status } = await playText(play('    - postgresql_bakcup:\n    - ping:\n      wen: true\n'))
    expect(stderr.match(/^error\[/gm)).toHaveLength(2)
    expect(status).toBe(1)
  })

  it('a variable that is not defined fails the host where it is missed, and says which and where', async () => {
    const { stdout, status } = await playText(
      '- hosts: db\n  gather_facts: false\n  tasks:\n    - debug:\n        msg: "{{ nowhere }}"\n',
    )
    expect(status).toBe(2)
    expect(stdout).toContain('error[template/undefined-variable]')
    expect(stdout).toContain('nowhere')
    expect(stdout).toContain('playbook.yml:5:')
  })
})

describe('a command line with a mistake', () => {
  it.each([
    ['an unknown option', ['--chekc'], 5, 'error: unknown option'],
    ['an option without its value', ['-f'], 5, 'argument missing'],
    ['a value that its option cannot have', ['-f', 'many'], 5, 'it must be a whole number above 0'],
    ['an inventory that is not there', ['-i', 'nowhere.yml'], 1, 'nowhere.yml'],
    ['a limit that leaves nobody', ['-l', 'web'], 1, 'error[engine/no-hosts]'],
    ['extra variables that are none', ['-e', 'latest'], 5, 'error[cli/bad-option]'],
  ])('%s', async (_name, args, status, message) => {
    const outcome = await lifeboat.play('playbooks/archive.yml', ...args)
    expect(outcome.stderr).toContain(message)
    expect(outcome.status).toBe(status)
    expect(outcome.stdout).not.toContain('PLAY')
  })

  it('a command that does not exist', async () => {
    expect(await lifeboat.run(['paly', 'playbooks/archive.yml'])).toMatchObject({ status: 5 })
  })
})

/** What -e says and can never be right ends the run before the first host is touched. */
const refusedEarly = async (
  playbook: string,
  variables: Readonly<Record<string, unknown>>,
  code: string,
  message: string,
): Promise<void> => {
  const { status, stdout, stderr } = await lifeboat.play(
    `playbooks/${playbook}.yml`,
    '-e',
    JSON.stringify({ source: 'db', repository, replace: true, ...variables }),
  )
  expect(stderr).toContain(`error[${code}]: ${message}`)
  expect(stderr).toMatch(new RegExp(`--> .*${playbook}\\.yml:\\d+:\\d+`))
  expect(stdout).toBe('')
  expect(status).toBe(1)
  expect(differences(before, await read())).toEqual([])
}

describe('extra variables that can never be right', () => {
  it.each([
    ['two targets', { target_time: '2026-11-22 09:30:00Z', target_xid: 750 }, 'target_time and target_xid cannot both'],
    ['latest and another target', { target: 'latest', target_name: 'x' }, 'target and target_name cannot both'],
    ['a time without a zone (trap R8)', { target_time: '2026-11-22 09:30:00' }, '"2026-11-22 09:30:00" has no time'],
    [
      'a time in a zone that three places call so (trap R8)',
      { target_time: '2026-11-22 09:30:00 CST' },
      '"2026-11-22 09:30:00 CST" has a time zone that is not unambiguous: CST',
    ],
  ])('%s', (_name, variables, message) => refusedEarly('restore', variables, 'postgres/bad-target', message))

  it.each([
    ['a repository that is no absolute path', 'restore', { repository: 'lifeboat' }, 'archive/bad-repository'],
    ['a compression that does not exist', 'backup', { backup_compression: 'bzip2' }, 'backup/bad-compression'],
    ['an age that is none', 'backup', { backup_max_age: 'a day' }, 'value/bad-duration'],
    ['a timeout that is none', 'archive', { archive_timeout: 'soon' }, 'postgres/bad-setting'],
  ])('%s', (_name, playbook, variables, code) =>
    refusedEarly(playbook, variables, code, `"${String(Object.values(variables)[0])}" is not`),
  )
})

describe('a restore that cannot be what was asked leaves every host as it was', () => {
  const refused = async (
    host: string,
    variables: Readonly<Record<string, unknown>>,
    code: string,
    message: RegExp,
    status = 2,
  ): Promise<void> => {
    const [exit, found, said] = await errorOn(host, variables)
    expect(found, said).toBe(code)
    expect(said).toMatch(message)
    expect(exit).toBe(status)
    expect(differences(before, await read())).toEqual([])
  }

  it('a time before the end of the backup (trap R6)', () =>
    refused(
      'spare',
      { target_time: moments.beforeBackup },
      'restore/target-before-backup',
      /before the end of the backup/,
    ))

  it('a time in the idle tail (trap R7)', () =>
    refused('spare', { target_time: moments.tail }, 'restore/target-after-end', /no transaction ended after/))

  it('a restore point that is not there', async () => {
    await refused(
      'spare',
      { target_name: 'before_relaese' },
      'restore/target-not-found',
      /no restore point "before_relaese"/,
    )
    const { document } = await restoreOn('spare', { target_name: 'before_relaese' })
    expect(JSON.stringify(resultOf(document, 'spare', 'Restore'))).toContain('did you mean \\"before_release\\"?')
  })

  it('a transaction that is not there', () =>
    refused('spare', { target_xid: '4000000' }, 'restore/target-not-found', /transaction 4000000/))

  it('a timeline that is not there', () =>
    refused('spare', { target_timeline: '7' }, 'restore/no-such-timeline', /no timeline 7/))

  it.each([
    ['missing', 'restore/wal-missing'],
    ['truncated', 'restore/wal-truncated'],
    ['corrupt', 'restore/wal-corrupt'],
    ['foreign', 'restore/wal-foreign'],
  ])('a segment on the way that is %s', (name, code) =>
    refused('spare', { repository: `/mnt/shared/${name}`, target_name: 'before_release' }, code, new RegExp(segment)),
  )

  it('a repository without a backup', () =>
    refused('spare', { repository: '/mnt/shared/nobackup' }, 'restore/no-backup', /no whole backup/))

  it('a backup of which a file is missing', () =>
    refused('spare', { repository: '/mnt/shared/damaged' }, 'restore/no-backup', /no whole backup/))

  it('a backup that is not there', () =>
    refused('spare', { repository: '/mnt/shared/nowhere' }, 'archive/no-identity', /nowhere/))

  it('a source that is not in the repository', () => refused('spare', { source: 'bd' }, 'archive/no-identity', /bd/))

  it('a cluster that is not there', () =>
    refused('spare', { cluster: '16/main' }, 'postgres/unknown-cluster', /16\/main/))

  it('another major version', () => refused('other', {}, 'restore/version', /of PostgreSQL 15, 17\/main is of 17/))

  it('a cluster that runs, without replace (trap R20)', () =>
    refused('spare', { replace: false }, 'restore/cluster-running', /PostgreSQL is running in/))

  it('a data directory that is not empty, without replace (trap R20)', async () => {
    await shell(spare, 'systemctl stop postgresql@15-main')
    const stopped = await read()
    const [status, code, message] = await errorOn('spare', { replace: false })
    expect([status, code]).toEqual([2, 'restore/directory-not-empty'])
    expect(message).toContain('/var/lib/postgresql/15/main')
    expect(differences(stopped, await read())).toEqual([])
    await shell(spare, 'systemctl start postgresql@15-main')
    before = await read()
  })

  it('says the same in check mode', async () => {
    const { status, document } = await lifeboat.playJson(
      'playbooks/restore.yml',
      '--check',
      '-l',
      'spare',
      '-e',
      JSON.stringify({ source: 'db', repository: '/mnt/shared/missing', replace: true }),
    )
    expect(status).toBe(2)
    expect(resultOf(document, 'spare', 'Restore').error).toMatchObject({ code: 'restore/wal-missing' })
  })
})

describe('archiving and backups that cannot be what was asked', () => {
  it.each([
    ['a backup of a cluster that does not archive', 'backup', 'spare', {}, 'Base backup', 'archive/no-identity'],
    [
      'a repository in the data directory',
      'archive',
      'spare',
      { repository: '/var/lib/postgresql/15/main/r' },
      'Set up the archive',
      'archive/bad-repository',
    ],
  ])('%s', async (_name, playbook, host, variables, task, code) => {
    const { status, document } = await lifeboat.playJson(
      `playbooks/${playbook}.yml`,
      '-l',
      host,
      '-e',
      JSON.stringify({ repository, ...variables }),
    )
    expect(resultOf(document, host, task).error).toMatchObject({ code })
    expect(status).toBe(2)
    expect(differences(before, await read())).toEqual([])
  })

  it('the folder of another cluster in the repository (trap A9)', async () => {
    const { stdout, status } = await playText(`- hosts: spare
  gather_facts: false
  tasks:
    - postgresql_archive:
        repository: ${repository}
        name: db
`)
    expect(stdout).toContain('error[archive/identity-mismatch]')
    expect(status).toBe(2)
    expect(differences(before, await read())).toEqual([])
  })
})
