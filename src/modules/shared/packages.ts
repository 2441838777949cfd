import type { Change } from '../../base/change.ts'
import { LifeboatError } from '../../base/errors.ts'
import { type Raw, raw, sh } from '../../base/quote.ts'
import { matchesWildcard } from '../../base/wildcard.ts'
import type { ModuleContext } from '../contract.ts'
import { PUT, readPairs, succeed } from './script.ts'

export interface PackageWish {
  /** `name` or, for apt, `name=version` with `*` and `?`. */
  readonly names: readonly string[]
  readonly state: 'present' | 'absent'
  readonly updateCache: boolean
  /** Seconds for which the package lists are fresh. */
  readonly cacheValidTime: number
  readonly recommends: boolean | undefined
  readonly release: string | undefined
  readonly purge: boolean
  readonly autoremove: boolean
}

export interface PackageState {
  readonly manager: 'apt' | 'dnf' | 'yum'
  /** Of each name, the version that is installed; undefined where none is. */
  readonly installed: ReadonlyMap<string, string>
  /** Seconds since the package lists were brought; undefined where never. */
  readonly listsAge: number | undefined
}

/** Reads what is installed, in one script. @throws module/no-tool */
export const inspectPackages = async (ctx: ModuleContext, wish: PackageWish): Promise<PackageState> => {
  const plain = wish.names.map(nameOf)
  const script = sh`${PUT}
LC_ALL=C
export LC_ALL
if command -v apt-get >/dev/null 2>&1 && command -v dpkg-query >/dev/null 2>&1; then
put manager apt
put installed "$(dpkg-query -W -f '\${db:Status-Status}|\${Package}|\${Version}|\${Provides}\n' | awk -F '|' -v wanted=${plain.join(' ')} '
BEGIN { count = split(wanted, list, " "); for (i = 1; i <= count; i++) names[list[i]] = 1 }
$1 != "installed" { next }
$2 in names { print $2 "|" $3 }
$4 != "" { provided = $4; gsub(/ *[(][^)]*[)]/, "", provided); n = split(provided, all, /, */); for (i = 1; i <= n; i++) if (all[i] in names) print all[i] "|" }')"
for stamp in /var/lib/apt/periodic/update-success-stamp /var/lib/apt/lists; do
if [ -e "$stamp" ]; then put age "$(( $(date +%s) - $(stat -c %Y "$stamp") ))"; break; fi
done
elif command -v rpm >/dev/null 2>&1 && { command -v dnf >/dev/null 2>&1 || command -v yum >/dev/null 2>&1; }; then
if command -v dnf >/dev/null 2>&1; then put manager dnf; else put manager yum; fi
for name in ${plain.length === 0 ? raw('') : plain}; do
if version=$(rpm -q --qf '%{EVR}\n' --whatprovides "$name" 2>/dev/null || rpm -q --qf '%{EVR}\n' "$name" 2>/dev/null); then
put installed "$name|$(printf '%s\n' "$version" | head -n 1)"
fi
done
else put manager none; fi
exit 0`
  const { pairs } = readPairs(succeed(await ctx.run(script.text), 'ask which packages are installed'))
  const manager = pairs.find(([key]) => key === 'manager')?.[1]
  if (manager !== 'apt' && manager !== 'dnf' && manager !== 'yum') {
    throw new LifeboatError('module/no-tool', 'the host has none of apt-get, dnf and yum')
  }
  const installed = new Map<string, string>()
  for (const [key, value] of pairs) {
    if (key !== 'installed') continue
    for (const line of value.split('\n').filter((each) => each !== '')) {
      const [name = '', version = ''] = line.split('|')
      if (version !== '' || !installed.has(name)) installed.set(name, version)
    }
  }
  const age = pairs.find(([key]) => key === 'age')?.[1]
  return { manager, installed, listsAge: age === undefined ? undefined : Number(age) }
}

const nameOf = (text: string): string => text.replace(/=.*$/, '').replace(/:[a-z0-9]+$/, '')

/** What differs; without names only the age of the package lists counts. */
export const packageChanges = (state: PackageState, wish: PackageWish, before?: PackageState): Change[] => {
  if (wish.names.length === 0) {
    const isStale = state.listsAge === undefined || state.listsAge >= wish.cacheValidTime
    if (!wish.updateCache || !isStale || before !== undefined) return []
    const age = state.listsAge === undefined ? 'never brought' : `older than ${wish.cacheValidTime} s`
    return [{ subject: 'package lists', before: age, after: 'brought' }]
  }
  return wish.names.flatMap((text) => {
    const version = state.installed.get(nameOf(text))
    const wanted = /=(.*)$/.exec(text)?.[1]
    const isRight = version !== undefined && (wanted === undefined || matchesWildcard(wanted, version))
    if (wish.state === 'absent') return version === undefined ? [] : [change(text, version, null)]
    return isRight ? [] : [change(text, version ?? null, wanted ?? 'installed')]
  })
}

const change = (name: string, before: string | null, after: string | null): Change => ({
  subject: `package ${nameOf(name)}`,
  before: before === '' ? 'installed' : before,
  after,
})

/** Installs or removes what differs. @throws module/package-failed with the last lines of the package manager */
export const applyPackages = async (
  ctx: ModuleContext,
  wish: PackageWish,
  changes: readonly Change[],
  state: PackageState,
): Promise<void> => {
  const differ = new Set(changes.map(({ subject }) => subject))
  const names = wish.names.filter((name) => differ.has(`package ${nameOf(name)}`))
  const script = state.manager === 'apt' ? aptScript(wish, names, state) : rpmScript(state.manager, wish, names)
  const result = await ctx.run(script.text)
  if (result.status === 0) return
  const said = `${result.stderr}\n${result.stdout}`.split('\n').filter((line) => line.trim() !== '')
  const reason = said.find((line) => /^(E|Error):/.test(line)) ?? said.at(-1) ?? `exit status ${result.status}`
  const what =
    names.length === 0
      ? 'bring the package lists'
      : `${wish.state === 'absent' ? 'remove' : 'install'} ${names.join(', ')}`
  throw new LifeboatError('module/package-failed', `cannot ${what}: ${reason}`, {
    hints: /unable to locate/i.test(reason) ? ['`update_cache: true` brings the package lists first'] : [],
    data: { rc: result.status, stdout: result.stdout, stderr: result.stderr },
  })
}

const aptScript = (wish: PackageWish, names: readonly string[], state: PackageState): Raw => {
  const options = [
    '-y',
    '-q',
    '-o',
    'DPkg::Lock::Timeout=120',
    '-o',
    'Dpkg::Options::=--force-confdef',
    '-o',
    'Dpkg::Options::=--force-confold',
  ]
  if (wish.recommends !== undefined) options.push('-o', `APT::Install-Recommends=${wish.recommends}`)
  if (wish.release !== undefined) options.push('-t', wish.release)
  if (wish.autoremove) options.push('--auto-remove')
  const isStale = state.listsAge === undefined || state.listsAge >= wish.cacheValidTime
  const update =
    wish.updateCache && isStale ? raw('apt-get -q -o DPkg::Lock::Timeout=120 update </dev/null || exit') : raw(':')
  const verb = wish.state === 'present' ? ['install', '--allow-downgrades'] : [wish.purge ? 'purge' : 'remove']
  return sh`DEBIAN_FRONTEND=noninteractive
NEEDRESTART_MODE=l
LC_ALL=C
export DEBIAN_FRONTEND NEEDRESTART_MODE LC_ALL
${update}
${names.length === 0 ? raw(':') : sh`apt-get ${options} ${verb} ${names} </dev/null || exit`}
exit 0`
}

const rpmScript = (manager: 'dnf' | 'yum', wish: PackageWish, names: readonly string[]): Raw => {
  const verb = wish.state === 'present' ? 'install' : 'remove'
  return sh`LC_ALL=C
export LC_ALL
${wish.updateCache ? sh`${manager} -q -y makecache </dev/null || exit` : raw(':')}
${names.length === 0 ? raw(':') : sh`${manager} -q -y ${verb} ${names} </dev/null || exit`}
exit 0`
}

/** Fields of the result. */
export const packageFields = (state: PackageState, wish: PackageWish): Readonly<Record<string, unknown>> => ({
  packages: Object.fromEntries(wish.names.map((name) => [nameOf(name), state.installed.get(nameOf(name)) ?? null])),
  state: wish.state,
})
