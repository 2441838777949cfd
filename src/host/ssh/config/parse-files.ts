import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import SshConfig, { type Line } from 'ssh-config'
import { LifeboatError } from '../../../base/errors.ts'
import type { Setting } from '../settings.ts'
import { expandPath } from '../tokens.ts'
import { filesLike } from './files-like.ts'
import type { ReadConfig } from './lookup.ts'

const MACHINE_FILE = '/etc/ssh/ssh_config'
/** As OpenSSH has it. */
const DEEPEST_INCLUDE = 16
/** Conditions of `Match` that the library evaluates as OpenSSH does. It runs `exec` by a shell function that dash refuses. */
const CONDITIONS = new Set(['all', 'final', 'host', 'originalhost', 'user', 'localuser'])

/**
 * Reads ssh_config without OpenSSH, by the library ssh-config, which knows Host and Match but no Include: included lines
 * are put in the place of the directive. What cannot be read as OpenSSH does is an error.
 *
 * @throws host/bad-ssh-config
 */
export const parseConfigFiles = (): ReadConfig => {
  const parsed = new Map<string, Promise<SshConfig>>()
  return async ({ destination, address, user, configFile }) => {
    const key = configFile ?? ''
    const config = parsed.get(key) ?? readFiles(configFile)
    parsed.set(key, config)
    const lines = await config
    const values = lines.compute(user === undefined ? { Host: destination } : { Host: destination, User: user }, {
      ignoreCase: true,
      matchExec: false,
    })
    return Object.entries(values).flatMap(([option, value]) => settingsOf(option, value, address ?? destination))
  }
}

const readFiles = async (configFile: string | undefined): Promise<SshConfig> => {
  const all = new SshConfig()
  if (configFile?.toLowerCase() === 'none') return all
  const folder = join(homedir(), '.ssh')
  const files: [file: string, folder: string][] =
    configFile === undefined
      ? [
          [join(folder, 'config'), folder],
          [MACHINE_FILE, dirname(MACHINE_FILE)],
        ]
      : [[expandPath(configFile), folder]]
  for (const [file, beside] of files) all.push(...(await linesOf(file, beside, configFile !== undefined, 0)))
  return all
}

const linesOf = async (file: string, folder: string, mustBe: boolean, depth: number): Promise<Line[]> => {
  if (depth > DEEPEST_INCLUDE) throw bad(file, 'it is included too deeply')
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' && !mustBe) return ''
    throw bad(file, error.message)
  })
  const lines = parse(file, text)
  const expanded: Line[] = []
  for (const line of lines) {
    checkMatch(line, file)
    if (isInclude(line)) {
      expanded.push(...(await included(line, folder, depth)))
      continue
    }
    if ('config' in line) await expandSection(line.config, file, folder, depth)
    expanded.push(line)
  }
  return expanded
}

const parse = (file: string, text: string): SshConfig => {
  try {
    return SshConfig.parse(text)
  } catch (error) {
    throw bad(file, error instanceof Error ? error.message : String(error))
  }
}

/** Within a Host or Match block only plain lines can be included: conditions within conditions are beyond the library. */
const expandSection = async (section: SshConfig, file: string, folder: string, depth: number): Promise<void> => {
  for (let index = 0; index < section.length; index++) {
    const line = section[index]
    if (!line || !isInclude(line)) continue
    const lines = await included(line, folder, depth)
    if (lines.some((inner) => 'config' in inner)) {
      throw bad(file, 'it includes a file with Host or Match blocks within such a block, which only OpenSSH can read')
    }
    section.splice(index, 1, ...lines)
    index += lines.length - 1
  }
}

const included = async (line: Line, folder: string, depth: number): Promise<Line[]> => {
  const patterns = 'value' in line ? words(line.value) : []
  const all: Line[] = []
  for (const pattern of patterns) {
    const path = expandPath(pattern)
    const files = await filesLike(isAbsolute(path) ? path : join(folder, path))
    for (const file of files) all.push(...(await linesOf(file, folder, false, depth + 1)))
  }
  return all
}

const isInclude = (line: Line): boolean => 'param' in line && /^include$/i.test(line.param)

const checkMatch = (line: Line, file: string): void => {
  if (!('criteria' in line)) return
  const unknown = Object.keys(line.criteria).find((condition) => !CONDITIONS.has(condition.toLowerCase()))
  if (unknown !== undefined)
    throw bad(file, `it has a Match with the condition "${unknown}", which only OpenSSH can judge`)
}

const words = (value: string | readonly { readonly val: string }[]): string[] =>
  typeof value === 'string' ? value.split(/\s+/) : value.map(({ val }) => val)

/** Values as the file would write them: lists of files as words, repeated options each for itself. */
const settingsOf = (option: string, value: string | readonly string[], address: string): Setting[] => {
  if (option === 'host' || option === 'match') return []
  if (option === 'hostname') return [[option, String(value).replaceAll('%h', address)]]
  if (typeof value === 'string') return [[option, value]]
  if (option === 'identityfile' || option === 'certificatefile') return value.map((one) => [option, one])
  return [[option, value.map((word) => (/\s/.test(word) ? `"${word}"` : word)).join(' ')]]
}

const bad = (file: string, why: string): LifeboatError =>
  new LifeboatError('host/bad-ssh-config', `${file} cannot be read: ${why}`, {
    hints: ['install the ssh program (openssh-client): where it is, it reads its own configuration'],
  })
