import { cpus, loadavg, release, totalmem } from 'node:os'
import { $ } from 'zx/core'
import { formatSize } from '../src/base/size.ts'

/** When, with which Lifeboat and on which machine a bench ran, a line each. */
export const machineFacts = async (): Promise<readonly string[]> => {
  const [processor, ...others] = cpus()
  const commit = (await $({ quiet: true, nothrow: true })`git describe --always --dirty`).stdout.trim()
  return [
    `${new Date().toISOString().slice(0, 10)}, Lifeboat ${commit || 'without a commit'}, Node ${process.version}`,
    `${others.length + 1} cores (${processor?.model.trim()}), ${formatSize(totalmem())} memory, Linux ${release()}; all hosts and the controller share them`,
  ]
}

/** One minute's mean of processes that wanted a processor: far above the cores, others used the machine too. */
export const load = (): number => loadavg()[0] ?? 0
