import { describe, expect, it } from 'vitest'
import { createPoints } from '../../../renderer/features/backups/points-store.ts'

type Answer = { ok: true; value: unknown } | { ok: false; failure: unknown }

function setUp() {
  const asked: { server: string; answer: (answer: Answer) => void }[] = []
  const listeners: ((payload: { server: string }) => void)[] = []
  const call = (_: string, { server }: { server: string }) =>
    new Promise<Answer>(answer => asked.push({ server, answer }))
  const on = (_: string, listener: (payload: { server: string }) => void) => {
    listeners.push(listener)
    return () => {}
  }
  const store = createPoints({ call: call as never, on: on as never, now: () => 1000 })
  const settled = () => new Promise(resolve => setImmediate(resolve))
  return { store, asked, changed: (server: string) => listeners.forEach(tell => tell({ server })), settled }
}

const value = { points: [], hidden: 0, asked: '2026-01-01T00:00:00Z' }
const failure = { code: 'network.unreachable', during: 'point.list', retry: 'now' }

describe('the points of all servers', () => {
  it('asks each server on its own: one that fails or hangs hides nothing of the others', async () => {
    const { store, asked, settled } = setUp()
    store.watch(['nas', 'usb', 'slow'])
    expect(asked.map(({ server }) => server)).toEqual(['nas', 'usb', 'slow'])
    asked[0]!.answer({ ok: true, value })
    asked[1]!.answer({ ok: false, failure })
    await settled()
    const { byServer } = store.getState()
    expect(byServer.get('nas')).toMatchObject({ value, failure: null, asking: null })
    expect(byServer.get('usb')).toMatchObject({ value: null, failure, asking: null })
    expect(byServer.get('slow')).toMatchObject({ asking: 1000 })
  })

  it('keeps what a server said while it is asked again and when that fails', async () => {
    const { store, asked, changed, settled } = setUp()
    store.watch(['nas'])
    asked[0]!.answer({ ok: true, value })
    await settled()
    changed('nas')
    changed('other')
    expect(asked).toHaveLength(2)
    expect(store.getState().byServer.get('nas')).toMatchObject({ value, asking: 1000 })
    asked[1]!.answer({ ok: false, failure })
    await settled()
    expect(store.getState().byServer.get('nas')).toMatchObject({ value, failure })
  })

  it('asks once more when something changed while it was asked', async () => {
    const { store, asked, changed, settled } = setUp()
    store.watch(['nas'])
    changed('nas')
    expect(asked).toHaveLength(1)
    asked[0]!.answer({ ok: true, value })
    await settled()
    expect(asked).toHaveLength(2)
  })

  it('forgets a server that is gone, and what it says afterwards', async () => {
    const { store, asked, settled } = setUp()
    store.watch(['nas'])
    store.watch([])
    asked[0]!.answer({ ok: true, value })
    await settled()
    expect(store.getState().byServer.size).toBe(0)
  })
})
