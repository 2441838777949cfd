import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import { runZxScript } from '../../host/shell/run-script.ts'
import { type ActionResult, defineAction, type ModuleContext } from '../contract.ts'
import { existing } from '../shared/existing.ts'
import { mapping, path, text } from '../shared/params.ts'

const params = z.strictObject({
  path: text.describe('The script on the controller: in `files/` of the role, beside the tasks, beside the playbook.'),
  args: mapping.default({}).describe('What the script gets as `args`.'),
  creates: path.optional().describe('A file or pattern on the host; where it exists already the script is not run.'),
  removes: path.optional().describe('A file or pattern on the host; where it does not exist the script is not run.'),
})

type Params = z.output<typeof params>

/** Why the script need not run, by what is on the host. */
const reasonNot = async (ctx: ModuleContext, given: Params): Promise<string | undefined> => {
  const found = await existing(ctx, [given.creates, given.removes])
  if (given.creates !== undefined && found[0]) return `${given.creates} exists`
  if (given.removes !== undefined && !found[1]) return `${given.removes} does not exist`
  return undefined
}

const run = async (ctx: ModuleContext, given: Params, script: string): Promise<ActionResult> => {
  const log: string[] = []
  const { changed, facts, fields } = await runZxScript(script, {
    session: ctx.session,
    host: ctx.host,
    vars: (await ctx.variables?.()) ?? {},
    args: given.args,
    environment: ctx.environment,
    signal: ctx.signal,
    log: (message) => {
      log.push(message)
      ctx.verbose(message)
    },
    // Plain text: a secret in it would not be found in another spelling.
    onCommand: ({ kind, text: said }) => ctx.verbose(kind === 'command' ? `$ ${said}` : `${kind}: ${said.trimEnd()}`),
  })
  const { failed, msg, ...others } = fields
  return {
    changed,
    ...(failed === true ? { failed } : {}),
    ...(typeof msg === 'string' ? { msg } : {}),
    fields: { ...others, log, ...(Object.keys(facts).length > 0 ? { ansible_facts: facts } : {}) },
  }
}

export default defineAction({
  kind: 'action',
  summary: "Runs a script of yours on the controller, with zx's `$` bound to the host.",
  description:
    'The script is an ES module: `export default async ({ $, host, vars, args, log, signal }) => ({ changed, facts })`. ' +
    'Every command of `$` runs on the host as the user of the task. It may also return `failed` and `msg`; everything ' +
    'else that it returns is in the result. In check mode it is skipped, unless it says `export const check = true`: ' +
    'that it changes nothing.',
  examples: [
    {
      title: 'Count the orders after a restore',
      yaml: '- zx: checks/orders.mjs\n  register: orders\n- assert:\n    that: orders.count > 0',
    },
    {
      title: 'With arguments',
      yaml: '- zx:\n    path: scripts/warm-up.mjs\n    args:\n      tables: [orders, customers]',
    },
  ],
  params,
  aliases: { src: 'path', script: 'path' },
  freeForm: 'path',
  returns: { log: 'Lines that the script logged.', ansible_facts: 'The facts that it returned.' },
  async check(ctx, given) {
    const script = await ctx.findFile('files', given.path)
    const module = (await import(pathToFileURL(script).href)) as { check?: unknown }
    if (module.check !== true) return undefined
    const not = await reasonNot(ctx, given)
    return not === undefined ? run(ctx, given, script) : { changed: false, msg: `did not run since ${not}` }
  },
  async act(ctx, given) {
    const script = await ctx.findFile('files', given.path)
    const not = await reasonNot(ctx, given)
    return not === undefined ? run(ctx, given, script) : { changed: false, msg: `did not run since ${not}` }
  },
})
