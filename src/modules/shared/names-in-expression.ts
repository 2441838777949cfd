const WORDS = new Set(['and', 'or', 'not', 'in', 'is', 'if', 'else', 'true', 'false', 'none', 'True', 'False', 'None'])
const TOKEN =
  /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(\|\s*[A-Za-z_][\w.]*)|(\bis\s+(?:not\s+)?(?!not\b)[A-Za-z_][\w.]*)|([A-Za-z_]\w*(?:\.\w+|\[(?:\d+|'[^']*'|"[^"]*")\])*)(\s*[(=](?!=))?|\d[\w.]*/g

/**
 * The variables named in a Jinja2 expression, with their attributes and literal subscripts (`cluster.version`,
 * `hosts['a'].port`), each once. Filters, tests, methods called and names of keyword arguments are left out. For
 * showing values to a person: an expression that it does not understand gives fewer names, never an error.
 */
export const namesIn = (expression: string): string[] => {
  const names = new Set<string>()
  for (const [, filter, test, name, call] of expression.matchAll(TOKEN)) {
    if (filter !== undefined || test !== undefined || name === undefined || WORDS.has(name)) continue
    if (call?.trim() === '=') continue
    if (call?.trim() !== '(') names.add(name)
    else if (name.includes('.')) names.add(name.slice(0, name.lastIndexOf('.')))
  }
  return [...names]
}
