import type { FactFields, Facts } from './platform.ts'

/** Processors, memory, mounts, load, uptime. */
export const hardwareFacts = (fields: FactFields, mounts: readonly string[]): Facts => ({
  ...processorFacts(fields),
  ...memoryFacts(fields.get('meminfo') ?? ''),
  uptime_seconds: Math.floor(Number((fields.get('uptime') ?? '0').split(' ')[0])),
  loadavg: loadAverage(fields.get('loadavg') ?? ''),
  mounts: mounts.map(readMount),
})

const processorFacts = (fields: FactFields): Facts => {
  const [counts = '', ...models] = (fields.get('cpu') ?? '').split('\n')
  const [threads = 0, sockets = 0, cores = 0, siblings = 0] = counts.split('|').map(Number)
  const processors = threads || Number(fields.get('nproc')) || 1
  const count = sockets || processors
  const perSocket = sockets === 0 ? 1 : cores || 1
  const threadsPerCore = sockets > 0 && cores > 0 ? Math.max(1, Math.floor(siblings / cores)) : 1
  return {
    processor: models.flatMap((line, index) => [String(index), ...line.split('|').filter((word) => word !== '')]),
    processor_count: count,
    processor_cores: perSocket,
    processor_threads_per_core: threadsPerCore,
    processor_vcpus: count * perSocket * threadsPerCore,
    processor_nproc: Number(fields.get('nproc')) || processors,
  }
}

const memoryFacts = (meminfo: string): Facts => {
  const kilobytes = new Map(
    [...meminfo.matchAll(/^(\w+):\s+(\d+)/gm)].map(([, name, amount]) => [name, Number(amount)]),
  )
  const megabytes = (...names: string[]): number =>
    Math.floor(names.reduce((sum, name) => sum + (kilobytes.get(name) ?? 0), 0) / 1024)
  const [total, free] = [megabytes('MemTotal'), megabytes('MemFree')]
  const unused = megabytes('MemFree', 'Cached', 'Buffers')
  const [swap, swapFree] = [megabytes('SwapTotal'), megabytes('SwapFree')]
  return {
    memtotal_mb: total,
    memfree_mb: free,
    swaptotal_mb: swap,
    swapfree_mb: swapFree,
    memory_mb: {
      real: { total, free, used: total - free },
      nocache: { free: unused, used: total - unused },
      swap: { total: swap, free: swapFree, used: swap - swapFree, cached: megabytes('SwapCached') },
    },
  }
}

const loadAverage = (text: string): Facts => {
  const [one, five, fifteen] = text.split(' ').map(Number)
  return { '1m': one, '5m': five, '15m': fifteen }
}

/** `device|fstype|options|block size|blocks|available|inodes|free inodes|mount point`; sizes are missing where the file system did not answer. */
const readMount = (line: string): Facts => {
  const parts = line.split('|')
  const [device, fstype, options] = parts
  const known = parts.length >= 9
  const mount = parts.slice(known ? 8 : 4).join('|')
  if (!known) return { mount, device, fstype, options, uuid: 'N/A' }
  const [blockSize = 0, blocks = 0, available = 0, inodes = 0, freeInodes = 0] = parts.slice(3, 8).map(Number)
  return {
    ...{ mount, device, fstype, options, uuid: 'N/A' },
    ...{ size_total: blockSize * blocks, size_available: blockSize * available, block_size: blockSize },
    ...{ block_total: blocks, block_available: available, block_used: blocks - available },
    ...{ inode_total: inodes, inode_available: freeInodes, inode_used: inodes - freeInodes },
  }
}
