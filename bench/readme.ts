import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const file = fileURLToPath(new URL('README.md', import.meta.url))

/** Puts text between the markers of this name in bench/README.md, in place of what is there. */
export const writeReadme = (name: string, text: string): void => {
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
