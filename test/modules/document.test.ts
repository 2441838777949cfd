import { expect, it } from 'vitest'
import { z } from 'zod'
import { defineReader } from '../../src/modules/contract.ts'
import { describeModuleText, documentModule, moduleSchema } from '../../src/modules/document.ts'
import { loadModule, moduleNames } from '../../src/modules/load.ts'
import { bool, list, path, text } from '../../src/modules/shared/params.ts'

const look = defineReader({
  kind: 'read',
  summary: 'Looks at a file.',
  description: 'Follows `links`.',
  examples: [{ title: 'Look', yaml: '- look: /etc/motd' }],
  params: z.strictObject({
    path: path.describe('The file | folder.'),
    deep: bool.default(false).describe('Looks inside too.'),
    kind: z.enum(['a', 'b']).optional().describe('One of two.'),
    names: list(text).optional().describe('Which names.'),
  }),
  aliases: { dest: 'path' },
  freeForm: 'path',
  returns: { found: 'Whether it is there.' },
  read: async () => ({}),
})

it('writes a page in Markdown', () => {
  expect(documentModule('look', look)).toBe(`# look

Looks at a file.

Follows \`links\`.

Only reads: it runs in check mode too and never reports a change.

## Parameters

| Parameter | Type | Default | Meaning |
| --- | --- | --- | --- |
| \`path\`<br>(\`dest\`) | path | **required** | The file \\| folder. |
| \`deep\` | bool | \`false\` | Looks inside too. |
| \`kind\` | a \\| b |  | One of two. |
| \`names\` | list of str |  | Which names. |

A text in the place of parameters is \`path\`.

## Result

| Field | Meaning |
| --- | --- |
| \`found\` | Whether it is there. |

## Examples

Look:

\`\`\`yaml
- look: /etc/motd
\`\`\`
`)
})

it('writes the same for a terminal', () => {
  expect(describeModuleText('look', look, 60)).toBe(`look

  Looks at a file.

  Follows links.

  Only reads: it runs in check mode too and never reports a
  change.

Parameters

  path (path; required; also dest)
      The file | folder.

  deep (bool; default false)
      Looks inside too.

  kind (a | b)
      One of two.

  names (list of str)
      Which names.

  A text in the place of parameters is path.

Result
  found  Whether it is there.

Examples

  # Look
  - look: /etc/motd
`)
})

it('makes a JSON Schema that knows the aliases', () => {
  expect(moduleSchema('look', look)).toMatchObject({
    title: 'look',
    additionalProperties: false,
    properties: { dest: { description: 'The file | folder.' }, kind: { enum: ['a', 'b'] } },
    required: [],
  })
})

it('documents every module', async () => {
  for (const name of moduleNames()) {
    const module = await loadModule(name)
    expect(documentModule(name, module)).toContain(`# ${name}\n`)
    expect(moduleSchema(name, module)).toHaveProperty('title', name)
  }
})
