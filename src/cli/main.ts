import { readFileSync } from 'node:fs'
import { Command, CommanderError, Help, type Option } from 'commander'
import { formatError, LifeboatError, LifeboatErrors } from '../base/errors.ts'
import { reportError } from '../base/report-error.ts'
import { addHostOptions, addInventoryOption, addRunOptions, addVaultOptions, seconds } from './options.ts'
import { outliveReaders } from './outlive-readers.ts'

const version = (): string => {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

const collect = (value: string, values: readonly string[]): string[] => [...values, value]

/** An option that may be repeated has an empty list by default, which nobody wants to read. */
const describeOption = (option: Option): string =>
  new Help().optionDescription(option).replace(/ \(default: \[\]\)$/, '')

/** Builds the command line. What a command does is loaded only when it is called. */
const program = (finish: (status: number) => void): Command => {
  const root = new Command('lifeboat')
    .description('Playbooks that archive WAL, back up, restore and rehearse recovery of fleets of PostgreSQL servers.')
    .version(version(), '--version', 'print the version')
    .configureHelp({ optionDescription: describeOption })
    .showSuggestionAfterError()
    .showHelpAfterError('(lifeboat --help lists commands and options)')
    .exitOverride()

  const play = root.command('play').description('run playbooks').argument('<playbook...>', 'playbook files')
  addRunOptions(addVaultOptions(addHostOptions(addInventoryOption(play))))
    .option('--list-hosts', 'list the hosts of each play and stop')
    .option('--list-tasks', 'list the tasks of each play and stop')
    .option('--list-tags', 'list the tags of each play and stop')
    .option('--syntax-check', 'check the playbooks and stop')
    .action(async (playbooks, options) => finish(await (await import('./commands/play.ts')).play(playbooks, options)))

  const exec = root
    .command('exec')
    .description('run one module on hosts')
    .argument('<pattern>', 'host pattern')
    .option('-m, --module-name <name>', 'module', 'command')
    .option('-a, --args <args>', 'arguments of the module: k=v …, free-form text, or JSON', '')
    .option('-B, --background <seconds>', 'let the hosts run it on their own, for so long at most', seconds)
    .option('-P, --poll <seconds>', 'with -B: seconds between two looks; 0 waits for nothing', seconds)
    .option('--list-hosts', 'list the matching hosts and stop')
  addRunOptions(addVaultOptions(addHostOptions(addInventoryOption(exec)))).action(async (pattern, options) =>
    finish(await (await import('./commands/exec.ts')).exec(pattern, options)),
  )

  const inventory = root
    .command('inventory')
    .description('show the inventory')
    .argument('[group]', 'group that --graph begins with')
    .option('--list', 'all hosts, groups and variables as JSON')
    .option('--graph', 'groups and hosts as a tree')
    .option('--host <host>', 'variables of one host as JSON')
    .option('--vars', 'with --graph: variables too')
    .option('-y, --yaml', 'YAML instead of JSON')
    .option('-l, --limit <pattern>', 'only these hosts')
    .option('--playbook-dir <folder>', 'folder whose group_vars and host_vars count too')
    .option('-e, --extra-vars <vars>', 'variables: k=v …, JSON, YAML or @file', collect, [])
  addVaultOptions(addInventoryOption(inventory)).action(async (group, options) =>
    finish(await (await import('./commands/inventory.ts')).inventory(group, options)),
  )

  root
    .command('doc')
    .description('documentation of a module, or the list of all modules')
    .argument('[module]', 'name of a module')
    .option('--json', 'as JSON')
    .action(async (name, options) => finish(await (await import('./commands/doc.ts')).doc(name, options)))

  const lint = root
    .command('lint')
    .description('check playbooks without an inventory and without touching a host')
    .argument('<playbook...>', 'playbook files')
    .option('-e, --extra-vars <vars>', 'variables: k=v …, JSON, YAML or @file', collect, [])
  addVaultOptions(lint).action(async (playbooks, options) =>
    finish(await (await import('./commands/lint.ts')).lint(playbooks, options)),
  )

  for (const command of root.commands) command.exitOverride()
  return root
}

/** Prints an error for a person on stderr and gives the exit status it means. */
const explain = (error: unknown): number => {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 5
  if (error instanceof LifeboatErrors) {
    process.stderr.write(`${error.errors.map(formatError).join('\n\n')}\n`)
    return Math.max(...error.errors.map((each) => each.exitStatus))
  }
  if (error instanceof LifeboatError) {
    process.stderr.write(`${formatError(error)}\n`)
    return error.exitStatus
  }
  process.stderr.write(`error[lifeboat/bug]: ${reportError(error).message}\n`)
  return 250
}

outliveReaders([process.stdout, process.stderr])
let status = 0
try {
  await program((value) => {
    status = value
  }).parseAsync(process.argv)
} catch (error) {
  status = explain(error)
}
process.exitCode = status
