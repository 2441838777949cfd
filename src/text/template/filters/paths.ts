import { existsSync, realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { posix, resolve } from 'node:path'
import type { Filter, World } from '../evaluate/world.ts'
import { globFiles } from '../lookups/glob.ts'
import { itemsOf } from '../python/iterate.ts'
import { Tuple } from '../values/tuple.ts'
import type { RuntimeValue } from '../values/types.ts'
import { textOf } from './values.ts'

/** Python's os.path.basename: empty for a path that ends in a slash. */
const basename = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

const dirname = (path: string): string => {
  const head = path.slice(0, path.lastIndexOf('/') + 1)
  return /^\/*$/.test(head) ? head : head.replace(/\/+$/, '')
}

const splitExtension = (path: string): RuntimeValue => {
  const name = basename(path)
  const dot = name.replace(/^\.+/, (dots) => '_'.repeat(dots.length)).lastIndexOf('.')
  if (dot < 0) return new Tuple([path, ''])
  const cut = path.length - name.length + dot
  return new Tuple([path.slice(0, cut), path.slice(cut)])
}

/** Python's os.path.join: an absolute part begins anew. */
const joinPaths = (parts: readonly string[]): string =>
  parts.reduce((path, part) => {
    if (part.startsWith('/') || path === '') return part
    return path.endsWith('/') ? path + part : `${path}/${part}`
  }, '')

const expandUser = (path: string): string => path.replace(/^~(?=\/|$)/, homedir())

const expandVariables = (path: string, world: World): string => {
  const env = world.lookups.env ?? process.env
  return path.replace(/\$(?:(\w+)|\{([^}]*)\})/g, (whole, name, braced) => env[name ?? braced] ?? whole)
}

const realPath = (path: string): string => (existsSync(path) ? realpathSync(path) : resolve(path))

const onPath =
  (change: (path: string, world: World) => RuntimeValue): Filter =>
  (value, args, world) => {
    args.bind()
    return change(textOf(value), world)
  }

const windows = (path: string): string => path.replaceAll('\\', '/')

/** Filters that work on paths; those of the file system mean the controller. */
export const pathFilters: Readonly<Record<string, Filter>> = {
  basename: onPath(basename),
  dirname: onPath(dirname),
  splitext: onPath(splitExtension),
  expanduser: onPath(expandUser),
  expandvars: onPath(expandVariables),
  realpath: onPath(realPath),
  normpath: onPath((path) => posix.normalize(path).replace(/(.)\/$/, '$1')),
  relpath: (value, args) => {
    const [start = '.'] = args.bind('start')
    return posix.relative(resolve(textOf(start)), resolve(textOf(value))) || '.'
  },
  path_join: (value) => joinPaths(typeof value === 'string' ? [value] : itemsOf(value).map(textOf)),
  commonpath: (value) => commonPath(itemsOf(value).map(textOf)),
  fileglob: onPath((pattern) => globFiles(pattern)),
  win_basename: onPath((path) => basename(windows(path))),
  win_dirname: onPath((path) => path.slice(0, Math.max(0, windows(path).lastIndexOf('/')))),
}

const commonPath = (paths: readonly string[]): string => {
  const [first = [], ...others] = paths.map((path) => path.split('/'))
  const size = first.findIndex((part, index) => others.some((other) => other[index] !== part))
  const common = (size < 0 ? first : first.slice(0, size)).join('/')
  return common === '' && paths.every((path) => path.startsWith('/')) ? '/' : common
}
