import { setMaxListeners } from 'node:events'
import { statSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import pLimit from 'p-limit'
import { formatWarning, LifeboatError } from '../base/errors.ts'
import { EventStream } from '../base/events.ts'
import { Secrets } from '../base/secrets.ts'
import { ConnectionPool } from '../engine/connections.ts'
import { HostStates } from '../engine/host-state.ts'
import { type Journal, openJournal } from '../engine/journal.ts'
import type { RunOptions } from '../engine/options.ts'
import type { Run } from '../engine/run.ts'
import { hostOpener } from '../host/open.ts'
import { loadInventory } from '../inventory/load.ts'
import { loadVariableFolders } from '../inventory/variable-folders.ts'
import { isModule, moduleNames } from '../modules/load.ts'
import type { LoadOptions } from '../playbook/load.ts'
import { jsonReporter } from '../report/json.ts'
import type { Reporter } from '../report/reporter.ts'
import { terminalReporter } from '../report/terminal/index.ts'
import { type Decrypt, decryptWith } from './decrypt.ts'
import { readExtraVariables } from './extra-variables.ts'
import type { RunFlags } from './options.ts'
import { askPassword } from './prompt.ts'
import { newRunId } from './run-id.ts'
import { terminalOutput } from './terminal.ts'
import { readVaultPasswords } from './vault-passwords.ts'

/** A run made ready by the command line, and what has to be closed after it. */
export interface StartedRun {
  readonly run: Run
  close(): Promise<void>
}

const DEFAULT_INVENTORY = 'inventory/'

const list = (values: readonly string[]): string[] =>
  values.flatMap((value) => value.split(',').map((part) => part.trim())).filter((part) => part !== '')

/** Reads the flags of a run, asks for the passwords that they want asked. */
export const readRunOptions = async (flags: RunFlags, decrypt: Decrypt): Promise<RunOptions> => {
  const connectionPassword = flags.askPass ? await askPassword('SSH password') : undefined
  const question = connectionPassword === undefined ? 'BECOME password' : 'BECOME password [the SSH password]'
  const becomePassword = flags.askBecomePass ? await askPassword(question) : undefined
  return {
    runId: newRunId(),
    checkMode: flags.check ?? false,
    diffMode: flags.diff ?? false,
    verbosity: flags.verbose,
    forks: flags.forks,
    tags: list(flags.tags),
    skipTags: list(flags.skipTags),
    limit: flags.limit,
    extraVariables: await readExtraVariables(flags.extraVars, decrypt),
    become: flags.become ?? false,
    becomeUser: flags.becomeUser,
    becomeMethod: flags.becomeMethod,
    becomePassword: becomePassword === '' ? connectionPassword : becomePassword,
    user: flags.user,
    privateKeyFile: flags.privateKey,
    connectionPassword,
    acceptNewHostKeys: flags.acceptNewHostKeys ?? false,
    timeout: flags.timeout,
    startAtTask: undefined,
  }
}

/** The user's own modules: `plugins/modules` beside the playbooks and the inventory. */
export const moduleFoldersBeside = (folders: readonly string[]): string[] =>
  [...new Set(folders)].map((folder) => join(folder, 'plugins', 'modules'))

/** How playbooks are loaded: with all modules that there are, and the variables that file names may use. */
export const loadOptionsFor = (
  extraVariables: RunOptions['extraVariables'],
  moduleFolders: readonly string[],
  decrypt: Decrypt,
): LoadOptions => ({
  decrypt,
  isModule: (name) => isModule(name, moduleFolders),
  moduleNames: () => moduleNames(moduleFolders),
  extraVariables,
})

/** The folder of an inventory source: itself, or that of the file. */
const folderOf = (source: string): string => {
  const found = statSync(source, { throwIfNoEntry: false })
  return found?.isDirectory() ? source : dirname(source)
}

const reporterFor = async (flags: RunFlags): Promise<Reporter> =>
  flags.output === 'json'
    ? jsonReporter(terminalOutput())
    : terminalReporter(terminalOutput(), { diff: flags.diff ?? false, verbosity: flags.verbose })

/** Where journals of runs are kept: `LIFEBOAT_HOME`, or `~/.lifeboat`. */
export const journalFolder = (): string => join(process.env.LIFEBOAT_HOME ?? join(homedir(), '.lifeboat'), 'runs')

/** A closed terminal counts as an interrupt too: left to itself it would kill the run and leave commands on the hosts. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Milliseconds that what is said to the hosts has to get on its way before the process stops. */
const LAST_WORDS = 100

/**
 * Ends the run at the first interrupt: what runs on hosts is stopped. The second one leaves at once. Ctrl-Z stops the
 * controller alone; the hosts are told, or they would take its silence for the end of the connection.
 */
const answerSignals = (controller: AbortController, connections: ConnectionPool): (() => void) => {
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(99)
    process.stderr.write('\ninterrupted: stopping what runs on the hosts (again to leave at once)\n')
    controller.abort(new LifeboatError('lifeboat/interrupted', 'interrupted'))
  }
  const rest = (): void => {
    connections.rest()
    setTimeout(() => process.kill(process.pid, 'SIGSTOP'), LAST_WORDS)
  }
  const wake = (): void => connections.wake()
  const answers = [
    ...SIGNALS.map((signal) => [signal, interrupt] as const),
    ['SIGTSTP', rest],
    ['SIGCONT', wake],
  ] as const
  for (const [signal, answer] of answers) process.on(signal, answer)
  return () => {
    for (const [signal, answer] of answers) process.off(signal, answer)
  }
}

/** Asks for the passphrase of a key when a host wants the key; nobody is asked where there is no terminal. */
const askPassphrase =
  (reporter: Reporter, secrets: Secrets) =>
  async (question: string): Promise<string | undefined> => {
    if (!process.stdin.isTTY) return undefined
    const ask = (): Promise<string> => askPassword(question)
    try {
      const passphrase = await (reporter.aside ? reporter.aside(ask) : ask())
      secrets.add(passphrase)
      return passphrase
    } catch (error) {
      // Raw mode hands Ctrl-C to us as a character.
      if (!(error instanceof LifeboatError) || error.code !== 'lifeboat/interrupted') throw error
      process.kill(process.pid, 'SIGINT')
      return undefined
    }
  }

/** Makes everything that a run needs: inventory, variables, connections, reporter, journal, signals. */
export const startRun = async (flags: RunFlags, playbookFolders: readonly string[]): Promise<StartedRun> => {
  const secrets = new Secrets()
  const decrypt = decryptWith(await readVaultPasswords(flags), secrets)
  const options = await readRunOptions(flags, decrypt)
  const sources = flags.inventory.length > 0 ? flags.inventory : [DEFAULT_INVENTORY]
  const inventory = await loadInventory(sources, { decrypt })
  const hostVariables = await loadVariableFolders(inventory, [...playbookFolders], { decrypt })
  for (const secret of [options.connectionPassword, options.becomePassword]) if (secret) secrets.add(secret)
  const events = new EventStream((value) => secrets.redactValue(value))
  const reporter = await reporterFor(flags)
  events.subscribe((event) => reporter.handle(event))
  let journal: Journal | undefined
  const journaled = (): Journal => {
    journal ??= openJournal(journalFolder(), options.runId)
    return journal
  }
  events.subscribe((event) => journaled().handle(event))
  for (const warning of [...inventory.warnings, ...hostVariables.warnings])
    events.emit({ type: 'warning', message: formatWarning(warning) })
  const controller = new AbortController()
  // Every script that runs listens, on as many hosts as there are.
  setMaxListeners(0, controller.signal)
  const connections = new ConnectionPool(
    hostOpener(
      {
        user: options.user,
        privateKeyFile: options.privateKeyFile,
        password: options.connectionPassword,
        acceptNewHostKeys: options.acceptNewHostKeys,
        timeout: options.timeout,
      },
      askPassphrase(reporter, secrets),
    ),
  )
  const restoreSignals = answerSignals(controller, connections)
  const moduleFolders = moduleFoldersBeside([...playbookFolders, ...sources.map(folderOf)])
  const limiter = pLimit(options.forks)
  const run: Run = {
    options,
    inventory,
    hostVariables,
    events,
    secrets,
    connections,
    hosts: new HostStates(),
    loadOptions: loadOptionsFor(options.extraVariables, moduleFolders, decrypt),
    moduleFolders,
    signal: controller.signal,
    limit: (work) => limiter(work),
  }
  return {
    run,
    close: async () => {
      await connections.close()
      reporter.close()
      journal?.close()
      restoreSignals()
    },
  }
}
