import { z } from 'zod'
import { defineControl } from '../contract.ts'
import { bool } from '../shared/params.ts'

const NAME = /^[A-Za-z_]\w*$/

const params = z
  .looseObject({
    cacheable: bool.default(false).describe('Also keeps the facts in the fact cache, for later runs.'),
  })
  .check((ctx) => {
    const { cacheable: _, ...facts } = ctx.value
    for (const name of Object.keys(facts)) {
      if (NAME.test(name)) continue
      ctx.issues.push({ code: 'custom', message: 'is not a name for a variable', path: [name], input: facts[name] })
    }
    if (Object.keys(facts).length === 0) {
      ctx.issues.push({ code: 'custom', message: 'no variable given', path: [], input: facts })
    }
  })

/** Ansible makes booleans of these words, whichever way they came to be text. */
const WORDS: Readonly<Record<string, boolean>> = { true: true, yes: true, false: false, no: false }

const factOf = (value: unknown): unknown =>
  typeof value === 'string' && Object.hasOwn(WORDS, value.toLowerCase()) ? WORDS[value.toLowerCase()] : value

export default defineControl({
  kind: 'control',
  summary: 'Sets variables of the host for the rest of the run.',
  description:
    'Every parameter but `cacheable` is a variable. The texts `yes`, `no`, `true` and `false` become booleans.',
  examples: [
    {
      title: 'Name a result',
      yaml: '- set_fact:\n    newest: "{{ backups.stdout_lines | last }}"\n    retries_left: 3',
    },
  ],
  params,
  returns: { ansible_facts: 'The variables that were set.' },
  decide(_ctx, { cacheable: _, ...given }) {
    const facts = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, factOf(value)]))
    return { facts, fields: { ansible_facts: facts } }
  },
})
