import { describe, expect, it } from 'vitest'
import { Template } from '../../src/base/value.ts'
import { readExtraVariables } from '../../src/cli/extra-variables.ts'

describe('-e', () => {
  it('takes words of the form name=value as texts', async () => {
    expect(await readExtraVariables(['a=1 b="two words"', "c='x=y' d="])).toEqual({
      a: '1',
      b: 'two words',
      c: 'x=y',
      d: '',
    })
  })

  it('takes one value with spaces whose quotes the shell has taken', async () => {
    expect(await readExtraVariables(['target_time=2026-11-22 09:30:00+08:00', 'label= before  it '])).toEqual({
      target_time: '2026-11-22 09:30:00+08:00',
      label: ' before  it',
    })
    await expect(readExtraVariables(['a=1 2 b=3'])).rejects.toThrow('"a=1 2 b=3" is not of the form name=value')
  })

  it('keeps the braces of an expression together, and evaluates it later', async () => {
    const { source } = await readExtraVariables(["source={{ name | default('a b') }}"])
    expect(source).toBeInstanceOf(Template)
    expect((source as Template).text).toBe("{{ name | default('a b') }}")
  })

  it('takes a number sign as part of the value', async () => {
    expect(await readExtraVariables(['colour=#fff'])).toEqual({ colour: '#fff' })
  })

  it('takes JSON and YAML with their types, the last of a name winning', async () => {
    expect(await readExtraVariables(['a=1', '{"a": [1, true], "b": null}', '{b: 2}'])).toEqual({ a: [1, true], b: 2 })
  })

  it('refuses anything else, and says what to write', async () => {
    await expect(readExtraVariables(['latest'])).rejects.toThrow('"latest" is not of the form name=value')
    await expect(readExtraVariables(['a="b'])).rejects.toThrow('not closed')
    await expect(readExtraVariables(['[1]'])).rejects.toThrow('extra variables must be a mapping of names to values')
  })
})
