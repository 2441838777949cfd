import { realpathSync, statSync } from 'node:fs'
import { dirname, isAbsolute, resolve } from 'node:path'
import type { Test } from '../evaluate/world.ts'
import { textOf } from '../filters/values.ts'
import { isDirectory, isFile, isLink, pathExists } from '../lookups/file-kind.ts'
import type { RuntimeValue } from '../values/types.ts'

const onPath =
  (holds: (path: string) => boolean): Test =>
  (value, args) => {
    args.bind()
    return holds(textOf(value))
  }

const isMount = (path: string): boolean =>
  isDirectory(path) && (resolve(path) === '/' || statSync(path).dev !== statSync(dirname(resolve(path))).dev)

const file = onPath(isFile)
const directory = onPath(isDirectory)
const link = onPath(isLink)
const exists = onPath(pathExists)
const absolute = onPath(isAbsolute)
const mount = onPath(isMount)
const sameFile: Test = (value, args) => {
  const [other] = args.bind('other!')
  return realpathSync(textOf(value)) === realpathSync(textOf(other as RuntimeValue))
}

/** Tests of paths on the controller. */
export const fileTests: Readonly<Record<string, Test>> = {
  file,
  is_file: file,
  directory,
  is_dir: directory,
  link,
  is_link: link,
  exists,
  link_exists: onPath((path) => isLink(path) || pathExists(path)),
  abs: absolute,
  is_abs: absolute,
  mount,
  is_mount: mount,
  same_file: sameFile,
  is_same_file: sameFile,
}
