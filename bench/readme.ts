import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * Puts text between the markers of this name in a page, in place of what is there.
 *
 * @param page below the top folder, as `bench/README.md`
 */
export const writeReadme = (page: string, name: string, text: string): void => {
  const file = fileURLToPath(new URL(`../${page}`, import.meta.url))
  const [begin, end] = [`<!-- begin ${name} -->`, `<!-- end ${name} -->`]
  const before = readFileSync(file, 'utf8')
  const block = `${begin}\n${text}\n${end}`
  const from = before.indexOf(begin)
  const to = before.indexOf(end)
  const after =
    from < 0 || to < from
      ? `${before.trimEnd()}\n\n${block}\n`
      : before.slice(0, from) + block + before.slice(to + end.length)
  writeFileSync(file, after)
}
