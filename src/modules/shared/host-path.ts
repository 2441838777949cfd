import { quote, type Raw, raw } from '../../base/quote.ts'

/**
 * Writes a path (or any word) so that the host's shell expands what Python's `expanduser` and `expandvars` would: `~`
 * and `~user` at the beginning, `$NAME` and `${NAME}` anywhere; a variable that is not set stays as it is written.
 * Everything else is quoted.
 */
export const hostPath = (text: string): Raw => raw(expand(text, quote))

/** Like `hostPath`, with `*`, `?` and `[…]` left to the shell's file name matching. */
export const hostGlob = (text: string): Raw =>
  raw(
    expand(text, (literal) =>
      literal
        .split(/(\*|\?|\[[!^]?[A-Za-z0-9._-]+\])/)
        .map((part, index) => (index % 2 === 1 ? part.replace(/^\[\^/, '[!') : part === '' ? '' : quote(part)))
        .join(''),
    ),
  )

const VARIABLE = /\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})/

const expand = (text: string, literal: (text: string) => string): string => {
  // The slash stays outside of the quotes: in them it would belong to the name of the user.
  const [home = ''] = /^~[a-z_A-Z0-9.-]*(?:\/|$)/.exec(text) ?? []
  let rest = text.slice(home.length)
  let result = home
  for (let match = VARIABLE.exec(rest); match !== null; match = VARIABLE.exec(rest)) {
    const name = match[1] ?? match[2]
    if (match.index > 0) result += literal(rest.slice(0, match.index))
    result += `"\${${name}-\\$${name}}"`
    rest = rest.slice(match.index + match[0].length)
  }
  if (rest !== '' || result === '') result += literal(rest)
  return result
}
