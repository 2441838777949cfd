import { z } from 'zod'
import type { Module } from './contract.ts'
import { choicesOf, defaultOf, isOpen, isRequired, shapeOf, typeOf } from './shared/schema.ts'

/** One parameter as the reference shows it. */
interface Parameter {
  readonly name: string
  /** `str`, `bool`, `list of str`, or the words of a choice. */
  readonly type: string
  readonly required: boolean
  readonly defaultText: string | undefined
  readonly aliases: readonly string[]
  readonly description: string
}

/** The page of a module in Markdown, made from its schema and its own words: the reference is never out of date. */
export const documentModule = (name: string, module: Module): string => {
  const parts = [`# ${name}`, module.summary]
  if (module.description !== undefined) parts.push(module.description)
  parts.push(behaviourOf(module), '## Parameters')
  const rows = parametersOf(module).map((parameter) =>
    row([
      `\`${parameter.name}\`${parameter.aliases.map((alias) => `<br>(\`${alias}\`)`).join('')}`,
      parameter.type,
      parameter.required ? '**required**' : parameter.defaultText === undefined ? '' : `\`${parameter.defaultText}\``,
      parameter.description,
    ]),
  )
  if (rows.length === 0 && !isOpen(module.params)) parts.push('None.')
  else parts.push([row(['Parameter', 'Type', 'Default', 'Meaning']), '| --- | --- | --- | --- |', ...rows].join('\n'))
  if (isOpen(module.params)) parts.push('Any other name is taken too.')
  if (module.freeForm !== undefined) parts.push(`A text in the place of parameters is \`${module.freeForm}\`.`)
  const returns = Object.entries(module.returns ?? {})
  if (returns.length > 0) {
    const lines = returns.map(([field, meaning]) => row([`\`${field}\``, meaning]))
    parts.push('## Result', [row(['Field', 'Meaning']), '| --- | --- |', ...lines].join('\n'))
  }
  parts.push('## Examples')
  for (const { title, yaml } of module.examples) parts.push(`${title}:`, `\`\`\`yaml\n${yaml.trimEnd()}\n\`\`\``)
  return `${parts.join('\n\n')}\n`
}

/** The same for a terminal, plain text no wider than `width`. */
export const describeModuleText = (name: string, module: Module, width = 100): string => {
  const lines = [name, '', ...wrap(module.summary, 2, width)]
  if (module.description !== undefined) lines.push('', ...wrap(module.description, 2, width))
  lines.push('', ...wrap(behaviourOf(module), 2, width), '', 'Parameters')
  for (const parameter of parametersOf(module)) {
    const facts = [parameter.type]
    if (parameter.required) facts.push('required')
    if (parameter.defaultText !== undefined) facts.push(`default ${parameter.defaultText}`)
    if (parameter.aliases.length > 0) facts.push(`also ${parameter.aliases.join(', ')}`)
    lines.push(
      '',
      ...wrap(`${parameter.name} (${facts.join('; ')})`, 2, width),
      ...wrap(parameter.description, 6, width),
    )
  }
  if (isOpen(module.params)) lines.push('', '  Any other name is taken too.')
  if (module.freeForm !== undefined) lines.push('', `  A text in the place of parameters is ${module.freeForm}.`)
  const returns = Object.entries(module.returns ?? {})
  if (returns.length > 0) {
    const column = Math.max(...returns.map(([field]) => field.length)) + 4
    lines.push('', 'Result')
    for (const [field, meaning] of returns) {
      const [first = '', ...rest] = wrap(meaning, column, width)
      lines.push(`  ${field}`.padEnd(column) + first.trimStart(), ...rest)
    }
  }
  lines.push('', 'Examples')
  for (const { title, yaml } of module.examples) {
    lines.push(
      '',
      `  # ${title}`,
      ...yaml
        .trimEnd()
        .split('\n')
        .map((line) => `  ${line}`.trimEnd()),
    )
  }
  return `${lines.join('\n')}\n`
}

/** The JSON Schema of a module's parameters as a user writes them, aliases included, for editors. */
export const moduleSchema = (name: string, module: Module): Readonly<Record<string, unknown>> => {
  const schema = z.toJSONSchema(module.params, { io: 'input', unrepresentable: 'any' }) as Record<string, unknown>
  const properties = { ...(schema.properties as Record<string, unknown> | undefined) }
  const required = ((schema.required as string[] | undefined) ?? []).filter(
    (key) => !Object.values(module.aliases ?? {}).includes(key),
  )
  for (const [alias, key] of Object.entries(module.aliases ?? {})) properties[alias] = properties[key]
  return { ...schema, title: name, description: module.summary, properties, required }
}

const BEHAVIOUR: Readonly<Record<Module['kind'], string>> = {
  state: 'Check mode predicts exactly what a run changes; after a change the host is looked at again to prove it.',
  action: 'Acts whenever it runs. Check mode skips it unless it can know what it would change.',
  read: 'Only reads: it runs in check mode too and never reports a change.',
  control: 'Works on the controller; no host is touched.',
}

const behaviourOf = (module: Module): string =>
  BEHAVIOUR[module.kind] + (module.background ? ' With `async` the host runs it on its own.' : '')

const parametersOf = (module: Module): Parameter[] =>
  Object.entries(shapeOf(module.params)).map(([name, schema]) => {
    const byDefault = defaultOf(schema)
    return {
      name,
      type: choicesOf(schema)?.join(' | ') ?? typeOf(schema),
      required: isRequired(schema),
      defaultText:
        byDefault === undefined ? undefined : typeof byDefault === 'string' ? byDefault : JSON.stringify(byDefault),
      aliases: Object.entries(module.aliases ?? {}).flatMap(([alias, real]) => (real === name ? [alias] : [])),
      description: schema.description ?? '',
    }
  })

const row = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`

const wrap = (text: string, indent: number, width: number): string[] => {
  const lines: string[] = []
  let line = ''
  for (const word of text.replaceAll('`', '').split(/\s+/)) {
    if (line !== '' && indent + line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line].map((each) => ' '.repeat(indent) + each)
}
