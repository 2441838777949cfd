import { lstatSync, type Stats, statSync } from 'node:fs'

const look = (path: string, follow = true): Stats | undefined =>
  (follow ? statSync : lstatSync)(path, { throwIfNoEntry: false })

const safely = (check: () => boolean | undefined): boolean => {
  try {
    return check() ?? false
  } catch {
    return false
  }
}

/** What a path of the controller is; links are followed. */
export const isFile = (path: string): boolean => safely(() => look(path)?.isFile())
export const isDirectory = (path: string): boolean => safely(() => look(path)?.isDirectory())
export const isLink = (path: string): boolean => safely(() => look(path, false)?.isSymbolicLink())
export const pathExists = (path: string): boolean => safely(() => look(path) !== undefined)
