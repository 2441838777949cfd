import { existsSync, readFileSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { $ } from 'zx/core'
import { postgresOf, rootOf, type Suite } from './roots.ts'
import { fleetFolder, overlay } from './sweep.ts'

/** Says why Debian hosts cannot be booted on this machine; undefined when they can. */
export async function whyNotHosts(): Promise<string | undefined> {
  if (process.platform !== 'linux') return `Linux is needed, this is ${process.platform}`
  if (process.getuid?.() !== 0) return 'root is needed'
  const suites = Object.keys(postgresOf) as Suite[]
  const cached = suites.every((suite) => existsSync(rootOf(suite)))
  const programs = ['ip', 'unshare', 'nsenter', 'flock', 'setpriv', 'pivot_root', 'ssh-keygen', 'awk']
  if (!cached) programs.push('debootstrap')
  for (const program of programs) {
    if (!(await succeeds(['sh', '-c', `command -v ${program}`]))) return `no ${program} on this machine`
  }
  if (!readFileSync('/proc/filesystems', 'utf8').includes('\toverlay')) return 'the kernel has no overlay file system'
  if (!/^\S+ \S+ cgroup2 (?!ro)/m.test(readFileSync('/proc/mounts', 'utf8'))) return 'no writable cgroup2 is mounted'
  const { type, bavail, bsize } = statfsSync(dirname(fleetFolder))
  if (type === overlay)
    return `${fleetFolder} lies on an overlay: name a folder that does not in LIFEBOAT_FLEET_DIRECTORY`
  if (bavail * bsize < 2 ** 30) return `less than 1 GB is free for ${fleetFolder}`
  if (!(await succeeds(['unshare', '-m', '-p', '-f', '-u', '-i', '-C', '-n', 'true']))) {
    return 'namespaces are not allowed here'
  }
  return undefined
}

async function succeeds(command: readonly string[]): Promise<boolean> {
  return (await $({ quiet: true, nothrow: true })`${command}`).exitCode === 0
}
