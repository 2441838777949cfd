import { describe, expect, it } from 'vitest'
import type { Purpose } from '../../../src/host/session/channel.ts'
import { Slots } from '../../../src/host/ssh/slots.ts'

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const takeMany = (slots: Slots, purpose: Purpose, count: number): { granted: (() => void)[] } => {
  const taken: { granted: (() => void)[] } = { granted: [] }
  for (let i = 0; i < count; i++) slots.take(purpose).then((release) => taken.granted.push(release))
  return taken
}

describe('Slots', () => {
  it('stays below what sshd allows and keeps places for shells and for stopping', async () => {
    const slots = new Slots()
    const bulk = takeMany(slots, 'bulk', 9)
    await settle()
    expect(bulk.granted).toHaveLength(6)
    const shells = takeMany(slots, 'shell', 3)
    const stops = takeMany(slots, 'stop', 3)
    await settle()
    expect([shells.granted.length, stops.granted.length]).toEqual([2, 2])
  })

  it('serves shells before bulk', async () => {
    const slots = new Slots()
    const shells = takeMany(slots, 'shell', 8)
    const bulk = takeMany(slots, 'bulk', 1)
    const late = takeMany(slots, 'shell', 1)
    await settle()
    shells.granted[0]?.()
    await settle()
    expect([late.granted.length, bulk.granted.length]).toEqual([1, 0])
    shells.granted[0]?.()
    await settle()
    expect(bulk.granted).toHaveLength(0)
    shells.granted[1]?.()
    await settle()
    expect(bulk.granted).toHaveLength(1)
  })
})
