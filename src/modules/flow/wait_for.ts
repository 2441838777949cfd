import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { type ActionResult, defineAction, type ModuleContext } from '../contract.ts'
import { atMostOne } from '../rules.ts'
import { integer, number, path, text } from '../shared/params.ts'
import { regex } from '../shared/regex-param.ts'
import { type Probe, pathProbe, portProbe } from '../shared/wait.ts'

const params = z.strictObject({
  port: integer.optional().describe('Port that is to answer, or not to.'),
  host: text.default('127.0.0.1').describe('Address of the port, as seen from the host of the task.'),
  path: path.optional().describe('Path on the host that is to be there, or not to.'),
  search_regex: regex
    .optional()
    .describe('Python regular expression to be found in the file, or in what the port says.'),
  state: z
    .enum(['started', 'present', 'stopped', 'absent'])
    .default('started')
    .describe('`started` and `present`: it is there; `stopped` and `absent`: it is not.'),
  timeout: number.default(300).describe('Seconds after which the wait has failed.'),
  delay: number.default(0).describe('Seconds to wait before the first look.'),
  sleep: number.default(1).describe('Seconds between two looks.'),
  connect_timeout: integer.default(5).describe('Seconds that one connection may take.'),
  msg: text.optional().describe('What to say when the wait has failed.'),
})

type Params = z.output<typeof params>

const probeOf = (ctx: ModuleContext, given: Params): Probe | undefined => {
  const { host, port, search_regex: pattern } = given
  if (port !== undefined) return portProbe(ctx, { host, port, timeout: given.connect_timeout, pattern })
  return given.path === undefined ? undefined : pathProbe(ctx, given.path, pattern)
}

const wait = async (ctx: ModuleContext, given: Params): Promise<ActionResult> => {
  const begin = performance.now()
  const elapsed = (): number => (performance.now() - begin) / 1000
  const pause = (seconds: number): Promise<void> =>
    sleep(Math.max(0, seconds) * 1000, undefined, { signal: ctx.signal })
  const fields = (): Record<string, unknown> => ({
    elapsed: Math.floor(elapsed()),
    state: given.state,
    ...(given.port === undefined ? {} : { port: given.port, host: given.host }),
    ...(given.path === undefined ? {} : { path: given.path }),
    ...(given.search_regex === undefined ? {} : { search_regex: given.search_regex }),
  })
  await pause(given.delay)
  const probe = probeOf(ctx, given)
  if (probe === undefined) {
    await pause(given.timeout - elapsed())
    return { changed: false, fields: fields() }
  }
  const wanted = given.state === 'started' || given.state === 'present'
  for (;;) {
    const { there, match } = await probe()
    if (there === wanted) {
      const groups = match ? { match_groups: match.slice(1), match_groupdict: { ...match.groups } } : {}
      return { changed: false, fields: { ...fields(), match_groups: [], match_groupdict: {}, ...groups } }
    }
    if (elapsed() >= given.timeout) break
    ctx.progress({ phase: 'waiting', done: Math.floor(elapsed()), total: given.timeout, unit: 'seconds' })
    await pause(Math.min(given.sleep, Math.max(0.05, given.timeout - elapsed())))
  }
  return { changed: false, failed: true, msg: given.msg ?? complaint(given, wanted), fields: fields() }
}

const complaint = (given: Params, wanted: boolean): string => {
  const what = given.path ?? `${given.host}:${given.port}`
  const did =
    given.search_regex !== undefined
      ? `"${given.search_regex}" was ${wanted ? 'not found' : 'still found'} in ${what}`
      : given.path === undefined
        ? `${what} ${wanted ? 'did not answer' : 'still answered'}`
        : `${what} ${wanted ? 'did not appear' : 'was still there'}`
  return `${did} after ${given.timeout} s`
}

export default defineAction({
  kind: 'action',
  summary: 'Waits until a port answers, a path is there, or a text is found in it; or until it is no longer so.',
  description: 'Without `port` and `path` it only waits. In check mode it is skipped, since nothing was started.',
  examples: [
    { title: 'Until PostgreSQL listens', yaml: '- wait_for:\n    port: 5432\n    timeout: 60' },
    {
      title: 'Until it says so',
      yaml: '- wait_for:\n    path: /var/log/postgresql/postgresql-15-main.log\n    search_regex: ready to accept connections',
    },
  ],
  params,
  rules: (given) => [atMostOne(given, ['port', 'path'])],
  aliases: { regexp: 'search_regex' },
  returns: {
    elapsed: 'Seconds that it took.',
    match_groups: 'Groups of search_regex.',
    match_groupdict: 'Its named groups.',
  },
  act: wait,
})
