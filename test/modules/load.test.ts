import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { isModule, loadModule, moduleNames } from '../../src/modules/load.ts'

const plugins = mkdtempSync(join(tmpdir(), 'lb-plugins-'))
const module = "{ kind: 'control', summary: 'Mine.', examples: [], params: {}, decide: () => ({}) }"
writeFileSync(join(plugins, 'mine.mjs'), `export default ${module}\n`)
writeFileSync(join(plugins, 'broken.mjs'), 'export default 1\n')
writeFileSync(join(plugins, 'README.md'), '')

describe('modules by name', () => {
  it('are the files of the module folders', () => {
    expect(moduleNames()).toEqual(expect.arrayContaining(['command', 'debug', 'ping', 'set_fact']))
    expect(moduleNames().filter((name) => /params|script|words/.test(name))).toEqual([])
    expect(isModule('systemd_service')).toBe(isModule('systemd'))
    expect(isModule('shared')).toBe(false)
  })

  it('are loaded once', async () => {
    expect(await loadModule('ping')).toBe(await loadModule('ping'))
  })

  it('all hold their contract', async () => {
    for (const name of moduleNames()) {
      const { summary, examples, params, freeForm } = await loadModule(name)
      expect(summary, `${name} says what it does, in a sentence`).toMatch(/^[A-Z][a-z]*s,? .*[.]$/)
      expect(examples.length, name).toBeGreaterThan(0)
      for (const example of examples)
        expect(example.yaml, name).toMatch(new RegExp(`^- (?:name: .*\\n {2})?${name}:`, 'm'))
      const schema = z.toJSONSchema(params, { io: 'input', unrepresentable: 'any' })
      for (const [key, parameter] of Object.entries(schema.properties ?? {})) {
        expect(parameter, `${name}.${key} is described`).toHaveProperty('description')
      }
      if (freeForm !== undefined) expect(Object.keys(schema.properties ?? {}), name).toContain(freeForm)
    }
  })

  it('are suggested when a name is not known', async () => {
    await expect(loadModule('comand')).rejects.toMatchObject({
      code: 'module/unknown',
      message: 'there is no module named "comand"',
      hints: ['did you mean "command"?', '`lifeboat doc` lists all modules'],
    })
  })

  it('come from a folder of the user too', async () => {
    expect(moduleNames([plugins])).toContain('mine')
    expect(await loadModule('mine', [plugins])).toMatchObject({ summary: 'Mine.' })
    await expect(loadModule('broken', [plugins])).rejects.toMatchObject({ code: 'module/not-a-module' })
    expect(isModule('mine')).toBe(false)
    expect(moduleNames(['/no/such/folder'])).toEqual(moduleNames())
  })
})
