import { describe, expect, it } from 'vitest'
import { selectsTags } from '../../src/playbook/tags.ts'

const words = (text: string): string[] => text.split(' ').filter((word) => word !== '')

// The rules of Ansible's manual, "Tags": what --tags and --skip-tags do with each kind of task.
describe('tags', () => {
  it.each([
    // task tags, --tags, --skip-tags, runs
    ['', '', '', true],
    ['a', '', '', true],
    ['never', '', '', false],
    ['always', '', '', true],
    ['a', 'a', '', true],
    ['a b', 'b c', '', true],
    ['a', 'b', '', false],
    ['', 'a', '', false],
    ['always', 'a', '', true],
    ['never a', 'a', '', true],
    ['never a', 'never', '', true],
    ['never a', 'all', '', false],
    ['never a', 'tagged', '', false],
    ['never always', 'a', '', true],
    ['a', 'all', '', true],
    ['a', 'tagged', '', true],
    ['', 'tagged', '', false],
    ['always', 'tagged', '', true],
    ['', 'untagged', '', true],
    ['a', 'untagged', '', false],
    ['always', 'untagged', '', true],
    ['a', '', 'a', false],
    ['a b', '', 'b', false],
    ['a', '', 'b', true],
    ['', '', 'a', true],
    ['always', '', 'a', true],
    ['always', '', 'always', false],
    ['always a', '', 'a', false],
    ['', '', 'untagged', false],
    ['a', '', 'tagged', false],
    ['', '', 'tagged', true],
    ['a', '', 'all', false],
    ['', '', 'all', false],
    ['always', '', 'all', true],
    ['always', '', 'all always', false],
    ['a b', 'a', 'b', false],
  ])('task [%s] with --tags [%s] --skip-tags [%s] runs: %s', (task, only, skip, runs) => {
    expect(selectsTags(words(task), words(only), words(skip))).toBe(runs)
  })
})
