import { describe, expect, it } from 'vitest'
import { formatError } from '../../src/base/errors.ts'
import { positionAt, type Source } from '../../src/base/position.ts'
import { Template, type Value } from '../../src/base/value.ts'
import { collectArguments, parseArguments, validateArguments } from '../../src/modules/arguments.ts'
import { loadModule } from '../../src/modules/load.ts'
import type { Placed } from '../../src/playbook/types.ts'

/** A value that is rendered when the task runs. */
const later = new Template('{{ x }}', positionAt({ path: 'site.yml', text: '{{ x }}' }, 0))

const place = (key: string): ReturnType<typeof positionAt> => {
  const source: Source = { path: 'site.yml', text: `    ${key}: …` }
  return positionAt(source, 4)
}

/** What is found before the run: `parameter: message`, the parameter being the one whose place is shown. */
const found = async (module: string, args: Record<string, Value>, incomplete = false): Promise<string[]> => {
  const values = Object.fromEntries(
    Object.entries(args).map(([key, value]): [string, Placed<Value>] => [key, { value, position: place(key) }]),
  )
  const loaded = await loadModule(module)
  const given = collectArguments(module, loaded, { freeForm: undefined, values })
  return validateArguments(module, loaded, given, { position: place(module), incomplete }).map(
    (error) => `${error.where?.source.text.trim().replace(/:.*/, '')}: ${error.message}`,
  )
}

describe('a recovery target', () => {
  it.each<[Record<string, Value>, string[]]>([
    [
      { target_time: '2026-11-22 09:30:00Z', target_xid: 7 },
      ['target_xid: target_time and target_xid cannot both be the target'],
    ],
    [{ target: 'latest', target_lsn: '0/1' }, ['target_lsn: target and target_lsn cannot both be the target']],
    [
      { target_name: 'a', target_xid: 7, target_lsn: '0/1' },
      ['target_xid: target_name and target_xid and target_lsn cannot all be the target'],
    ],
    [{ target_time: '2026-11-22 09:30' }, ['target_time: "2026-11-22 09:30" has no time zone']],
    [{ target_timeline: '010' }, ['target_timeline: "010" is not a timeline']],
    [
      { target_name: 'a', target_inclusive: false },
      ['target_inclusive: target_inclusive: false means nothing for a target of kind name'],
    ],
    [{ repository: 'backup1:/srv' }, []],
    [{ source: 'a/b' }, ['source: "a/b" cannot be the name of a cluster in a repository']],
    [
      { tablespace_mapping: { fast: 'ssd' } },
      ['tablespace_mapping: "tablespace_mapping.fast" of postgresql_restore must be an absolute path, not "ssd"'],
    ],
    [{ target: 'latest', target_time: '', target_name: '' }, []],
    [
      { target_action: 'standby', primary: 'host=db1', primary_slot: 'Foo' },
      ['primary_slot: "Foo" cannot be the name of a slot'],
    ],
    [{ target_action: 'standby', primary_slot: 'foo' }, ['primary_slot: a slot without a primary means nothing']],
    [{ target_action: 'standby', primary: 'port=1' }, ['primary: the primary has no host']],
    [{ target_action: 'standby', release: false }, ['release: a standby cannot be kept closed']],
    [
      { target_action: 'standby', primary: 'host=db1', target_timeline: '2' },
      ['target_timeline: with a primary there is no choice of a timeline'],
    ],
  ])('%j', async (args, errors) => {
    expect(await found('postgresql_restore', args)).toEqual(errors)
  })

  it('is judged as far as it is known', async () => {
    const two = ['target_xid: target and target_xid cannot both be the target']
    expect(await found('postgresql_restore', { cluster: later, target: 'latest', target_xid: 7 })).toEqual(two)
    expect(
      await found('postgresql_restore', { target_name: later, target: 'latest', target_xid: 7, target_lsn: later }),
    ).toEqual(two)
    expect(await found('postgresql_restore', { target_name: 'a', target_xid: later })).toEqual([])
    // Whatever the transaction is, it may be one that is not included.
    expect(await found('postgresql_restore', { target_xid: later, target_inclusive: false })).toEqual([])
  })

  it('shows the line and where to look further', async () => {
    const source: Source = { path: 'site.yml', text: '- postgresql_restore:\n    target_time: 2026-11-22 09:30:00\n' }
    const position = positionAt(source, source.text.indexOf('2026'))
    const [error] = validateArguments('postgresql_restore', await loadModule('postgresql_restore'), {
      target_time: { value: '2026-11-22 09:30:00', position },
    })
    expect(error && formatError(error).split('\n')).toEqual([
      'error[postgres/bad-target]: "2026-11-22 09:30:00" has no time zone',
      '  --> site.yml:2:18',
      '  1 | - postgresql_restore:',
      '> 2 |     target_time: 2026-11-22 09:30:00',
      '    |                  ^',
      '  hint: PostgreSQL would read it in the time zone of the restored server',
      '  hint: write it with an offset or a zone: 2026-11-22 09:30:00+08:00, or 2026-11-22 09:30:00 Asia/Shanghai',
    ])
  })
})

describe('parameters that only together are wrong', () => {
  it.each<[string, Record<string, Value>, string[]]>([
    ['copy', { src: 'a', content: 'b', dest: later }, ['content: copy: "src" and "content" exclude each other']],
    ['copy', { dest: '/x' }, ['copy: copy: give one of "src" and "content"']],
    ['copy', { dest: '/x', src: later }, []],
    ['copy', { dest: '/x/', content: 'b', mode: later }, ['dest: copy: with "content", "dest" must name a file']],
    ['debug', { msg: later, var: 'x' }, []],
    ['debug', { msg: 'x', var: 'x' }, ['var: debug: "msg" and "var" exclude each other']],
    ['file', { path: later, state: 'link' }, ['state: file: "src" is needed for a link']],
    ['file', { path: '/x', state: 'file', recurse: true }, ['recurse: file: "recurse" is for folders only']],
    ['lineinfile', { path: later }, ['lineinfile: lineinfile: "line" is needed where the state is present']],
    ['lineinfile', { path: '/x', state: later }, []],
    [
      'lineinfile',
      { path: '/x', state: 'absent' },
      ['state: lineinfile: one of "line", "regexp" and "search_string" must say what is to be absent'],
    ],
    ['lineinfile', { path: '/x', line: 'a', backrefs: true }, ['backrefs: lineinfile: "backrefs" needs "regexp"']],
    [
      'blockinfile',
      { path: later, insertafter: 'a', insertbefore: 'b' },
      ['insertbefore: blockinfile: "insertafter" and "insertbefore" exclude each other'],
    ],
    ['service', { name: later }, ['service: service: one of "state" and "enabled" is needed']],
    ['systemd', { state: 'started' }, ['state: systemd: "state" needs "name"']],
    ['apt', { state: 'present' }, ['apt: apt: one of "name" and "update_cache" is needed']],
    ['command', { chdir: later }, ['command: command: give one of "cmd" and "argv"']],
    ['wait_for', { port: 1, path: '/x', host: later }, ['path: wait_for: "port" and "path" exclude each other']],
    [
      'postgresql_backup',
      { method: 'parallel', max_rate: '50MB', cluster: later },
      ['method: postgresql_backup: method parallel is not possible: only pg_basebackup keeps to a rate (max_rate)'],
    ],
    ['postgresql_backup', { max_age: 'a day' }, ['max_age: "a day" is not a duration']],
    ['postgresql_backup', { max_rate: '2GB' }, ['max_rate: "2GB" is not a rate that pg_basebackup keeps to']],
    [
      'postgresql_backup',
      { compression: 'zstd:40' },
      ['compression: "zstd:40" is not a compression: levels of zstd go from -7 to 22'],
    ],
    ['postgresql_backup', { nice: 20 }, ['nice: "nice" of postgresql_backup must be 1 to 19, not 20']],
    [
      'postgresql_archive',
      { archive_timeout: '1 parsec' },
      [
        'archive_timeout: "1 parsec" is not a value for archive_timeout: it must be a whole number, alone (in s) or with a unit: us, ms, s, min, h, d',
      ],
    ],
    [
      'postgresql_prune',
      {},
      ['postgresql_prune: postgresql_prune: needs a rule: keep_count, keep_for or recovery_window'],
    ],
    ['postgresql_prune', { keep_for: later }, []],
    [
      'postgresql_prune',
      { keep_count: 3, repository: 'b:/srv' },
      ['repository: "b:/srv" is a repository on another host'],
    ],
    ['postgresql_repository_key', { repository: '/srv' }, ['repository: /srv is a folder, which needs no key']],
    [
      'postgresql_query',
      { query: 'SELECT $1', params: [1, 2] },
      ['query: 2 values are given, and the SQL has places for 1'],
    ],
    [
      'postgresql_query',
      { query: later, params: [1], named_args: {} },
      ['named_args: params does not go with positional_args or named_args'],
    ],
    [
      'postgresql_query',
      { query: 'SELECT 1; SELECT $1', params: [1] },
      ['params: values by position need a single statement'],
    ],
    ['postgresql_query', { query: ' -- nothing' }, ['query: query has no statement in it']],
    ['postgresql_set', { name: 'work_mem' }, ['name: work_mem has no value']],
    [
      'postgresql_set',
      { value: 3 },
      [
        'postgresql_set: postgresql_set: give settings, or name and value',
        'value: postgresql_set: "value" needs "name"',
      ],
    ],
    [
      'postgresql_set',
      { name: 'work_mem', value: '1MB', reset: true },
      ['reset: postgresql_set: "value" and "reset" exclude each other'],
    ],
    [
      'postgresql_set',
      { settings: { work_mem: { a: 1 } } },
      ['settings: the value of work_mem must be a text, a number, a boolean or a list'],
    ],
    ['postgresql_switch_wal', { timeout: 'soon' }, ['timeout: "soon" is not a duration']],
  ])('%s %j', async (module, args, errors) => {
    expect(await found(module, args)).toEqual(errors)
  })

  it('are not missed where more may come at run time', async () => {
    expect(await found('copy', { dest: '/x' }, true)).toEqual([])
    expect(await found('copy', { src: 'a', content: 'b' }, true)).toEqual([
      'content: copy: "src" and "content" exclude each other',
    ])
  })

  it('are refused all the same when they are rendered', async () => {
    const copy = await loadModule('copy')
    const positions = { src: place('src'), content: place('content') }
    expect(() => parseArguments('copy', copy, { dest: '/x', src: 'a', content: 'b' }, positions)).toThrow(
      expect.objectContaining({
        message: 'copy: "src" and "content" exclude each other',
        where: positions.content,
      }),
    )
  })
})
