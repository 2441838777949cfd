import { describe, expect, test } from 'vitest'
import { parseCompression } from '../../../src/cluster/backup/compression.ts'
import { type Abilities, chooseDataPath } from '../../../src/cluster/backup/data-path.ts'

test.each([
  ['auto', { method: 'auto' }],
  ['none', { method: 'none' }],
  ['zstd', { method: 'zstd' }],
  ['zstd:3', { method: 'zstd', level: 3 }],
  ['zstd:-5', { method: 'zstd', level: -5 }],
  ['server-zstd:level=1,workers=4', { method: 'zstd', where: 'server', level: 1, workers: 4 }],
  ['client-gzip:5', { method: 'gzip', where: 'client', level: 5 }],
  ['lz4', { method: 'lz4' }],
])('%s', (text, expected) => {
  expect(parseCompression(text)).toEqual({ where: undefined, level: undefined, workers: undefined, ...expected })
})

test.each([
  ['bzip2', 'it is none of auto, zstd, lz4, gzip, none'],
  ['gzip:10', 'levels of gzip go from 1 to 9'],
  ['zstd:fast', '"fast" is neither a level nor workers=NUMBER'],
  ['gzip:workers=4', 'only zstd has workers'],
  ['server-none', 'none takes neither place nor level'],
])('%s is refused', (text, why) => {
  expect(() => parseCompression(text)).toThrow(`"${text}" is not a compression: ${why}`)
})

const MODERN: Abilities = {
  majorVersion: 15,
  serverMethods: ['gzip', 'lz4', 'zstd'],
  programs: ['zstd', 'lz4', 'pigz', 'gzip'],
  cores: 8,
  tablespaces: 0,
  walMethod: 'none',
  method: 'auto',
  jobs: undefined,
  pageChecksums: false,
  notParallel: undefined,
  far: false,
  streams: Number.POSITIVE_INFINITY,
}
const OLD: Abilities = { ...MODERN, majorVersion: 13, serverMethods: ['gzip'], method: 'pg_basebackup' }
const choose = (text: string, abilities: Abilities) => {
  const { kind, flags, compressor } = chooseDataPath(parseCompression(text), abilities)
  return [kind, [...flags, ...compressor].join(' ')]
}

test('from 15 on the server compresses, with half of the cores', () => {
  expect(choose('auto', MODERN)).toEqual(['direct', '--compress=server-zstd:level=3,workers=4'])
  expect(choose('auto', { ...MODERN, cores: 1 })).toEqual(['direct', '--compress=server-zstd:level=3'])
  expect(choose('auto', { ...MODERN, cores: 64 })).toEqual(['direct', '--compress=server-zstd:level=3,workers=8'])
  expect(choose('gzip:5', MODERN)).toEqual(['direct', '--compress=server-gzip:level=5'])
  expect(choose('client-zstd:3', MODERN)).toEqual(['direct', '--compress=client-zstd:level=3,workers=4'])
  expect(choose('none', MODERN)).toEqual(['direct', '--compress=none'])
})

test('a method counts only where the server has it and the host can read it', () => {
  expect(choose('auto', { ...MODERN, programs: ['lz4', 'gzip'] })).toEqual(['direct', '--compress=server-lz4:level=1'])
  expect(choose('auto', { ...MODERN, serverMethods: ['gzip'], method: 'pg_basebackup' })).toEqual([
    'direct',
    '--compress=server-gzip:level=1',
  ])
  expect(() => choose('zstd', { ...MODERN, serverMethods: ['gzip'], method: 'pg_basebackup' })).toThrow(
    'this server was built without zstd',
  )
  expect(() => choose('zstd', { ...MODERN, programs: ['gzip'] })).toThrow('the host has no program zstd')
})

test('before 15 the fastest program of the host does, behind the pipe of pg_basebackup', () => {
  expect(choose('auto', OLD)).toEqual(['pipe', 'zstd -q -c -T4 -3'])
  expect(choose('auto', { ...OLD, programs: ['lz4', 'gzip'] })).toEqual(['pipe', 'lz4 -q -c -1'])
  expect(choose('auto', { ...OLD, programs: ['pigz', 'gzip'] })).toEqual(['pipe', 'pigz -c -p 4 -1'])
  expect(choose('auto', { ...OLD, programs: ['gzip'] })).toEqual(['pipe', 'gzip -c -1'])
  expect(() => choose('server-zstd', OLD)).toThrow('the server compresses from PostgreSQL 15 on, this is 13')
})

test('B2: with tablespaces, or streamed WAL, standard output cannot carry it', () => {
  expect(choose('auto', { ...OLD, tablespaces: 1 })).toEqual(['afterwards', 'zstd -q -c -T4 -3'])
  expect(choose('auto', { ...OLD, walMethod: 'stream' })).toEqual(['afterwards', 'zstd -q -c -T4 -3'])
})

test('the flags of old', () => {
  expect(choose('client-gzip:5', OLD)).toEqual(['direct', '-z -Z 5'])
  expect(choose('client-gzip:5', MODERN)).toEqual(['direct', '--compress=client-gzip:level=5'])
})

test('B2: a stream goes to a repository host; what cannot be one is written here first', () => {
  const far = (text: string, more: Partial<Abilities> = {}) => {
    const abilities = { ...MODERN, method: 'pg_basebackup', ...more, far: true, streams: 5 } as const
    const { kind, spooled, flags, compressor, words } = chooseDataPath(parseCompression(text), abilities)
    expect(words.endsWith(', written here first')).toBe(spooled)
    return [kind, spooled, [...flags, ...compressor].join(' ')]
  }
  expect(far('auto')).toEqual(['pipe', false, 'zstd -q -c -T4 -3'])
  expect(far('client-gzip:5')).toEqual(['pipe', false, 'pigz -c -p 4 -5'])
  expect(far('none')).toEqual(['pipe', false, ''])
  expect(far('server-zstd')).toEqual(['direct', true, '--compress=server-zstd:level=3,workers=4'])
  expect(far('auto', { tablespaces: 1 })).toEqual(['direct', true, '--compress=server-zstd:level=3,workers=4'])
  expect(far('auto', { walMethod: 'stream' })[0]).toBe('direct')
  expect(far('auto', { ...OLD, tablespaces: 1 })).toEqual(['afterwards', true, 'zstd -q -c -T4 -3'])
  expect(far('auto', OLD)).toEqual(['pipe', false, 'zstd -q -c -T4 -3'])
})

describe('the method is chosen, and why is said', () => {
  const why = (abilities: Partial<Abilities>, text = 'auto') => {
    const path = chooseDataPath(parseCompression(text), { ...MODERN, ...abilities })
    return [path.words, path.why]
  }
  const OLD_AUTO = { majorVersion: 13, serverMethods: ['gzip'] } as const

  test('a server that compresses does it', () => {
    expect(why({})).toEqual([
      'pg_basebackup, server-zstd:level=3,workers=4',
      'the server compresses with several threads, which needs the least time',
    ])
  })

  test('else several tars read, one for each two cores', () => {
    const said = 'this server does not compress, and one stream of pg_basebackup is slower than several'
    expect(why(OLD_AUTO)).toEqual(['pg_backup_start, 4 × tar | zstd -q -c -T1 -3', said])
    expect(why({ ...OLD_AUTO, jobs: 2 }, 'none')).toEqual(['pg_backup_start, 2 × tar', said])
    expect(why({ serverMethods: ['gzip'] })).toEqual(['pg_backup_start, 4 × tar | zstd -q -c -T1 -3', said])
  })

  test('but not where page checksums would go unverified, or only pg_basebackup can do it', () => {
    expect(why({ ...OLD_AUTO, pageChecksums: true })[1]).toBe('it verifies the page checksums of this cluster')
    expect(why({ ...OLD_AUTO, notParallel: 'the host has no GNU tar' })[1]).toBe('the host has no GNU tar')
    expect(why({ ...OLD_AUTO, cores: 1 })[1]).toBe('the host has one core, so several streams gain nothing')
  })

  test('to a repository host several streams, no more than its connection has, or the one of pg_basebackup', () => {
    const far = (more: Partial<Abilities>) => why({ far: true, streams: 5, ...more })
    const several = 'one stream of pg_basebackup to the repository host is slower than several'
    expect(far({})).toEqual(['pg_backup_start, 4 × tar | zstd -q -c -T1 -3', several])
    expect(far({ cores: 64 })).toEqual(['pg_backup_start, 5 × tar | zstd -q -c -T1 -3', several])
    expect(far({ cores: 2 })).toEqual([
      'pg_basebackup, zstd -q -c -T1 -3',
      'the host has too few cores for several streams to gain anything',
    ])
    expect(far({ pageChecksums: true })[1]).toBe('it verifies the page checksums of this cluster')
    const tablespaces = 'pg_basebackup cannot stream a cluster with tablespaces'
    expect(far({ cores: 2, tablespaces: 1 })).toEqual(['pg_backup_start, 1 × tar | zstd -q -c -T1 -3', tablespaces])
    expect(far({ pageChecksums: true, tablespaces: 1 })[1]).toBe(
      `${tablespaces}; page checksums are not verified on this way`,
    )
  })

  test('what the task asks for counts, unless it cannot be', () => {
    expect(why({ method: 'parallel' })[1]).toBe('the task asks for it')
    expect(() => why({ method: 'parallel', notParallel: 'only pg_basebackup keeps to a rate' })).toThrow(
      'method parallel is not possible here: only pg_basebackup keeps to a rate',
    )
  })
})
