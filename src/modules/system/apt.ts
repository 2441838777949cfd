import { z } from 'zod'
import { LifeboatError } from '../../base/errors.ts'
import { defineModule } from '../contract.ts'
import { fault } from '../rules.ts'
import { packageNames, packageState } from '../shared/package-params.ts'
import {
  applyPackages,
  inspectPackages,
  type PackageState,
  type PackageWish,
  packageChanges,
  packageFields,
} from '../shared/packages.ts'
import { bool, integer, text } from '../shared/params.ts'

const params = z.strictObject({
  name: packageNames.default([]).describe('The packages; `name=15.8*` for a version.'),
  state: packageState,
  update_cache: bool
    .default(false)
    .describe('Brings the package lists before something is installed, or, without name, by itself.'),
  cache_valid_time: integer.default(0).describe('Seconds for which package lists are fresh.'),
  install_recommends: bool.optional().describe('Whether recommended packages come along. Default: what the host says.'),
  default_release: text.optional().describe('Release to prefer, such as `bookworm-backports`.'),
  purge: bool.default(false).describe('With `absent`: removes the configuration files too.'),
  autoremove: bool.default(false).describe('Removes packages that nothing needs any more.'),
})

const wishOf = (given: z.output<typeof params>): PackageWish => ({
  names: given.name,
  state: given.state,
  updateCache: given.update_cache || given.cache_valid_time > 0,
  cacheValidTime: given.cache_valid_time,
  recommends: given.install_recommends,
  release: given.default_release,
  purge: given.purge,
  autoremove: given.autoremove,
})

export default defineModule<typeof params, PackageState>({
  kind: 'state',
  summary: 'Installs and removes packages with apt-get.',
  description:
    'Waits for another package manager to finish; configuration files that were changed on the host are kept.',
  examples: [
    {
      title: 'PostgreSQL',
      yaml: '- apt:\n    name: postgresql-15\n    update_cache: true\n    cache_valid_time: 3600',
    },
  ],
  params,
  rules: (given) => [
    () =>
      given.name.length === 0 && !given.update_cache
        ? fault(undefined, 'one of "name" and "update_cache" is needed')
        : undefined,
  ],
  background: true,
  aliases: { pkg: 'name', package: 'name', 'update-cache': 'update_cache', 'install-recommends': 'install_recommends' },
  returns: { packages: 'Name to installed version.', state: '`present` or `absent`.' },
  async inspect(ctx, given) {
    const state = await inspectPackages(ctx, wishOf(given))
    if (state.manager !== 'apt')
      throw new LifeboatError('module/no-tool', 'the host has no apt-get', {
        hints: ['the package module also knows dnf'],
      })
    return state
  },
  diff: (state, given, before) => packageChanges(state, wishOf(given), before),
  async apply(ctx, given, changes, state) {
    await applyPackages(ctx, wishOf(given), changes, state)
    return undefined
  },
  result: (state, given) => packageFields(state, wishOf(given)),
})
