import { z } from 'zod'
import { defineModule } from '../contract.ts'
import { packageNames, packageState } from '../shared/package-params.ts'
import {
  applyPackages,
  inspectPackages,
  type PackageState,
  type PackageWish,
  packageChanges,
  packageFields,
} from '../shared/packages.ts'

const params = z.strictObject({
  name: packageNames.describe('The packages, by the names that the package manager of the host knows.'),
  state: packageState,
})

const wishOf = ({ name, state }: z.output<typeof params>): PackageWish => ({
  names: name,
  state,
  ...{
    updateCache: false,
    cacheValidTime: 0,
    recommends: undefined,
    release: undefined,
    purge: false,
    autoremove: false,
  },
})

export default defineModule<typeof params, PackageState>({
  kind: 'state',
  summary: 'Installs and removes packages with apt, dnf or yum, whichever the host has.',
  examples: [{ title: 'What compression needs', yaml: '- package:\n    name: [zstd, lz4]' }],
  params,
  background: true,
  aliases: { pkg: 'name', package: 'name' },
  returns: { packages: 'Name to installed version.', state: '`present` or `absent`.' },
  inspect: (ctx, given) => inspectPackages(ctx, wishOf(given)),
  diff: (state, given, before) => packageChanges(state, wishOf(given), before),
  async apply(ctx, given, changes, state) {
    await applyPackages(ctx, wishOf(given), changes, state)
    return undefined
  },
  result: (state, given) => packageFields(state, wishOf(given)),
})
