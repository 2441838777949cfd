import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestSshd } from '../../host/ssh/sshd.ts'

/** How an inventory says that a host is reached through an sshd of the test. */
export const reachedBy = (sshd: TestSshd) => ({
  ansible_host: '127.0.0.1',
  ansible_port: sshd.port,
  ansible_ssh_private_key_file: sshd.clientKey,
  ansible_ssh_common_args: '-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null',
})

/** An inventory of the one host db1; gives its file. */
export const writeOneHost = (folder: string, variables: Readonly<Record<string, unknown>>): string => {
  const file = join(folder, 'hosts.json')
  writeFileSync(file, JSON.stringify({ all: { hosts: { db1: variables } } }))
  return file
}

/** Tells how much memory a process of Node ever had that is started with these options. */
export const peakMemory = (folder: string): { readonly nodeOptions: string; readonly megabytes: () => number } => {
  const [program, peak] = [join(folder, 'peak.mjs'), join(folder, 'peak')]
  writeFileSync(
    program,
    `import { writeFileSync } from 'node:fs'
process.on('exit', () => writeFileSync('${peak}', String(process.resourceUsage().maxRSS / 1024)))`,
  )
  return { nodeOptions: `--import=${program}`, megabytes: () => Number(readFileSync(peak, 'utf8')) }
}
