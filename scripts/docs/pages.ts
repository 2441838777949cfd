import { catalogue } from '../../src/base/catalogue/index.ts'
import { documentModule } from '../../src/modules/document.ts'
import { loadModule, moduleNames } from '../../src/modules/load.ts'
import { trapsPage } from './traps.ts'

const errorsPage = (): string => {
  const families = new Map<string, string[]>()
  for (const [code, { exit, meaning }] of Object.entries(catalogue)) {
    const family = code.split('/')[0] ?? code
    families.set(family, [
      ...(families.get(family) ?? []),
      `| \`${code}\` | ${exit} | ${meaning.replaceAll('|', '\\|')} |`,
    ])
  }
  const sections = [...families]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([family, rows]) =>
      [`## ${family}`, '', '| code | exit status | meaning |', '| --- | --- | --- |', ...rows.sort(), ''].join('\n'),
    )
  const head = [
    '# Errors',
    '',
    'Every error has a stable code, names its place where it stands in a file of yours, and says what to do next. A code',
    'never changes its meaning. The exit status is that of a command that ends with the error; on a host an error fails',
    'the task, and the run ends with 2.',
    '',
  ]
  return [...head, ...sections].join('\n')
}

/** All pages that are made from the code: path below the root of the repository, and text. */
export const makePages = async (): Promise<ReadonlyMap<string, string>> => {
  const pages = new Map<string, string>()
  const rows: string[] = []
  for (const name of moduleNames()) {
    const module = await loadModule(name)
    pages.set(`docs/modules/${name}.md`, `${documentModule(name, module).trimEnd()}\n`)
    rows.push(`| [${name}](modules/${name}.md) | ${module.summary.replaceAll('|', '\\|')} |`)
  }
  const index = ['# Modules', '', '| module | what it does |', '| --- | --- |', ...rows, '']
  pages.set('docs/modules.md', index.join('\n'))
  pages.set('docs/errors.md', errorsPage())
  pages.set('docs/traps.md', trapsPage())
  return pages
}
