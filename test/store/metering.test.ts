import { describe, expect, it } from 'vitest'
import { Meter, metering } from '../../electron/engine/store/metering.ts'
import { Fake } from '../support/fake-store.ts'

describe('metering', () => {
  it('counts bytes once they are acknowledged, per direction', async () => {
    const fake = new Fake({ piece: 100 })
    const meter = new Meter()
    const store = metering(fake, meter)
    await store.put('a', new Uint8Array(1_000))
    const upload = await store.upload('b')
    await upload.write({ index: 0, offset: 0, bytes: new Uint8Array(500) })
    for await (const piece of store.read('a', { offset: 0, length: 300 })) expect(piece).toHaveLength(100)
    expect(meter).toEqual({ sent: 1_500, received: 300, requests: 4, errors: 0 })
  })

  it('counts nothing for a part that failed, and the error', async () => {
    const fake = new Fake({ piece: 100 })
    const meter = new Meter()
    const upload = await metering(fake, meter).upload('b')
    fake.fail('write', { code: 'network.interrupted', at: 300 })
    await expect(upload.write({ index: 0, offset: 0, bytes: new Uint8Array(500) })).rejects.toThrow(
      'network.interrupted',
    )
    expect(meter).toEqual({ sent: 0, received: 0, requests: 2, errors: 1 })
  })

  it('counts what a read brought before it broke', async () => {
    const fake = new Fake({ piece: 100 })
    fake.objects.set('a', new Uint8Array(1_000))
    fake.fail('read', { code: 'network.interrupted', at: 250 })
    const meter = new Meter()
    const read = async () => {
      for await (const piece of metering(fake, meter).read('a', { offset: 0 }))
        expect(piece.byteLength).toBeGreaterThan(0)
    }
    await expect(read()).rejects.toThrow('network.interrupted')
    expect(meter).toEqual({ sent: 0, received: 250, requests: 1, errors: 1 })
  })

  it('takes a cancelled call for no error', async () => {
    const meter = new Meter()
    const store = metering(new Fake(), meter)
    await expect(store.stat('a', { signal: AbortSignal.abort() })).rejects.toThrow('cancelled')
    expect(meter.errors).toBe(0)
  })
})
