// Runs the tests from the quickest kind to the slowest: node test/run.js [unit] [processes] [hosts]
// What this machine cannot run is skipped with a banner; where CI=true such a skip is a failure.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']
const root = fileURLToPath(new URL('..', import.meta.url))
const vitest = ['node_modules/vitest/vitest.mjs']
const kinds = ['unit', 'processes', 'hosts']
/** Minutes after which what still runs hangs: a file that waits for a program cannot be ended by a test's own limit. */
const limits = { unit: 15, processes: 35, hosts: 40 }
const asked = process.argv.slice(2)
const onCI = process.env.CI === 'true'

const unknown = asked.find((kind) => !kinds.includes(kind))
if (unknown !== undefined) {
  console.error(`no tests of kind ${unknown}, only ${kinds.join(', ')}`)
  process.exit(5)
}

const folder = mkdtempSync(join(tmpdir(), 'lifeboat-test-'))
const total = { passed: 0, failed: 0, skipped: 0 }
try {
  for (const kind of kinds.filter((kind) => asked.length === 0 || asked.includes(kind))) {
    const reason = await whyNot(kind)
    const counts = reason === undefined ? await run(kind) : await skip(kind, reason)
    for (const name of Object.keys(total)) total[name] += counts[name]
  }
} finally {
  rmSync(folder, { recursive: true })
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exitCode = total.failed === 0 ? 0 : 1

/** Why the fleet that these tests need cannot be booted here. */
async function whyNot(kind) {
  if (kind === 'unit') return undefined
  const { status, stdout } = await node(['--import', 'tsx', 'test/fleet/fleet.ts', kind, 'check'], 'pipe')
  return status === 0 ? undefined : stdout.trim() || 'the check of the fleet failed'
}

async function run(kind) {
  const file = join(folder, `${kind}.json`)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const limit = limits[kind] * 60_000
  const { status, late } = await node([...vitest, 'run', '--project', kind, ...reporters], 'inherit', limit)
  const counts = read(file)
  if (late) console.log(`the tests of the kind "${kind}" did not end within ${limits[kind]} minutes`)
  // A file that does not load, or an error outside of all tests, fails no test and yet fails the run.
  if (status !== 0 && counts.failed === 0) counts.failed = 1
  return counts
}

function read(file) {
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(readFileSync(file, 'utf8'))
    return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests + numTodoTests }
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }
  }
}

async function skip(kind, reason) {
  const { stdout } = await node([...vitest, 'list', '--project', kind, '--json'], 'pipe')
  const count = countOf(stdout)
  const lines = [`SKIPPED: all ${count} tests of the kind "${kind}"`, reason]
  if (onCI) lines.push('on CI this is a failure')
  const bar = '='.repeat(Math.max(...lines.map((line) => line.length)) + 4)
  console.log(['', bar, ...lines.map((line) => `  ${line}`), bar, ''].join('\n'))
  return { passed: 0, failed: onCI ? 1 : 0, skipped: count }
}

function countOf(list) {
  try {
    return JSON.parse(list).length
  } catch {
    return 1
  }
}

async function node(args, output, limit) {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', output, 'inherit'], detached: true })
  // In a group of its own it can be ended with all that it started; what is typed at the terminal is handed on to it.
  const pass = (signal) => process.kill(-child.pid, signal)
  for (const signal of SIGNALS) process.on(signal, pass)
  let late = false
  const giveUp = setTimeout(() => {
    late = true
    process.kill(-child.pid, 'SIGKILL')
  }, limit ?? 600_000)
  let stdout = ''
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    stdout += text
  })
  const [status] = await once(child, 'close')
  clearTimeout(giveUp)
  for (const signal of SIGNALS) process.off(signal, pass)
  return { status, stdout, late }
}
