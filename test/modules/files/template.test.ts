import { chmodSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import template from '../../../src/modules/files/template.ts'
import { converge, predict } from '../harness.ts'

const folder = mkdtempSync(join(tmpdir(), 'lb-template-'))
const source = join(folder, 'x.conf.j2')
writeFileSync(source, 'name = {{ name }}\n')
const render = (text: string): string => text.replace('{{ name }}', 'db1')

it('writes what the template renders to', async () => {
  const dest = join(folder, 'x.conf')
  const { changes, fields } = await converge(
    template,
    { src: 'x.conf.j2', dest, mode: '0640' },
    { render, directory: folder },
  )
  expect(readFileSync(dest, 'utf8')).toBe('name = db1\n')
  expect(changes.map(({ subject, after }) => [subject, after])).toEqual([
    ['state', 'file'],
    ['content', 'name = db1\n'],
    ['mode', '0640'],
  ])
  expect(fields).toMatchObject({ dest, state: 'file', mode: '0640', size: 11 })
})

it('renders once for the change and its proof', async () => {
  let time = 0
  const options = { render: () => `at ${++time}`, directory: folder, event: true }
  const checked = await predict(template, { src: 'x.conf.j2', dest: join(folder, 'clock') }, options)
  expect(checked[1]?.after).toBe('at 1')
  time = 0
  const rendered: string[] = []
  const clock = { ...options, render: () => rendered[rendered.push(`at ${rendered.length < 2 ? 0 : 9}`) - 1] ?? '' }
  await converge(template, { src: 'x.conf.j2', dest: join(folder, 'clock') }, clock)
  expect(rendered).toHaveLength(2)
})

it('takes the mode of the template with preserve, and its name in a folder', async () => {
  chmodSync(source, 0o604)
  const to = mkdtempSync(join(folder, 'to-'))
  await converge(template, { src: source, dest: to, mode: 'preserve' }, { render })
  expect((statSync(join(to, 'x.conf.j2')).mode & 0o777).toString(8)).toBe('604')
})

it('hands the options of the syntax on', async () => {
  const seen: unknown[] = []
  await converge(
    template,
    {
      src: source,
      dest: join(folder, 'options'),
      trim_blocks: 'no',
      newline_sequence: '\\r\\n',
      block_start_string: '<%',
    },
    { render: (_, options) => `${seen.push(options) > 0}` },
  )
  expect(seen[0]).toMatchObject({
    trimBlocks: false,
    lstripBlocks: false,
    newlineSequence: '\r\n',
    blockStartString: '<%',
  })
})
