import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Meter, metering } from '../../electron/engine/store/metering.ts'
import { retrying } from '../../electron/engine/store/retrying.ts'
import { MiB } from '../../shared/units.ts'
import { all } from '../conformance/object-store.ts'
import { AzureFixture, names, shown } from '../support/azure-fixture.ts'
import { FaultProxy } from '../support/fault-proxy.ts'

let azure: AzureFixture
beforeAll(async () => {
  azure = await AzureFixture.start()
})
afterAll(() => azure.stop())

describe('AzureStore network', () => {
  it('says network.unreachable when nobody listens', async () => {
    const seen = await shown(names(azure.open('abc', { endpoint: 'http://127.0.0.1:1/account' })))
    expect(seen.code).toBe('network.unreachable')
  })

  it('says network.interrupted when the connection is cut in a read, and goes on there when retrying', async () => {
    const container = await azure.container()
    const body = randomBytes(3 * MiB)
    await azure.open(container).put('a.bin', body)
    await using proxy = await FaultProxy.start({ targetPort: azure.server.port })
    const store = azure.openAt(proxy.port, container)
    proxy.next({ cut: { direction: 'down', after: 1 * MiB, how: 'reset' } })
    expect((await shown(all(store.read('a.bin', { offset: 0 })))).code).toBe('network.interrupted')

    const meter = new Meter()
    proxy.resetAll()
    proxy.next(
      { cut: { direction: 'down', after: 1 * MiB, how: 'close' } },
      { cut: { direction: 'down', after: 1 * MiB, how: 'reset' } },
    )
    const patient = retrying(metering(store, meter), { delay: async () => {} })
    expect((await all(patient.read('a.bin', { offset: 0 }))).equals(body)).toBe(true)
    expect(meter.errors).toBe(2)
    expect(meter.received).toBe(body.length)

    proxy.resetAll()
    proxy.next(
      { cut: { direction: 'down', after: 1 * MiB, how: 'reset' } },
      { cut: { direction: 'down', after: 1 * MiB, how: 'close' } },
    )
    const into = Buffer.alloc(body.length - 1000)
    let at = 0
    for await (const piece of patient.read('a.bin', { offset: 1000, length: into.length }, { into })) {
      expect(piece.byteOffset).toBe(into.byteOffset + at)
      at += piece.length
    }
    expect(into.equals(body.subarray(1000))).toBe(true)
    expect(meter.errors).toBe(4)
    await store.close()
  })

  it('sends a block again after the connection was cut in it, and when its answer was lost', async () => {
    const container = await azure.container()
    await using proxy = await FaultProxy.start({ targetPort: azure.server.port })
    const bare = azure.openAt(proxy.port, container)
    const seen: string[] = []
    const store = retrying(bare, { delay: async () => {}, onRetry: info => void seen.push(info.code) })
    const parts = [randomBytes(5 * MiB), randomBytes(5 * MiB), randomBytes(100)]
    const upload = await store.upload('a.bin')
    proxy.next(
      { cut: { direction: 'up', after: 2 * MiB, how: 'reset' } },
      { resetBeforeAnswer: { afterUp: 5 * MiB } },
    )
    let offset = 0
    for (const [index, bytes] of parts.entries()) {
      await upload.write({ index, offset, bytes })
      offset += bytes.length
    }
    proxy.resetAll()
    proxy.next({ resetBeforeAnswer: { afterUp: 200 } })
    await upload.commit({ bytes: offset, parts: parts.length })
    expect(seen.length).toBeGreaterThanOrEqual(3)
    expect(new Set(seen)).toEqual(new Set(['network.interrupted']))
    expect((await all(store.read('a.bin', { offset: 0 }))).equals(Buffer.concat(parts))).toBe(true)
    await store.close()
  })

  it('sends bytes again that were damaged on the way', async () => {
    const container = await azure.container()
    await using proxy = await FaultProxy.start({ targetPort: azure.server.port })
    const bare = azure.openAt(proxy.port, container)
    const body = randomBytes(2 * MiB)
    proxy.next({ corrupt: { direction: 'up', at: 1 * MiB } })
    expect((await shown(bare.put('a.bin', body))).code).toBe('network.interrupted')
    expect(await bare.stat('a.bin')).toBeNull()
    proxy.resetAll()
    proxy.next({ corrupt: { direction: 'up', at: 1 * MiB } })
    const store = retrying(bare, { delay: async () => {} })
    const upload = await store.upload('a.bin')
    await upload.write({ index: 0, offset: 0, bytes: body })
    await upload.commit({ bytes: body.length, parts: 1 })
    expect((await all(store.read('a.bin', { offset: 0 }))).equals(body)).toBe(true)
    await store.close()
  })

  it('stops a transfer that stands still and completes it on another connection', async () => {
    const container = await azure.container()
    await using proxy = await FaultProxy.start({ targetPort: azure.server.port })
    const bare = azure.openAt(proxy.port, container)
    const body = randomBytes(8 * MiB)
    const seen: string[] = []
    const store = retrying(bare, {
      stallMs: 1_000,
      delay: async () => {},
      onRetry: info => void seen.push(info.code),
    })
    proxy.next({ halfOpen: { direction: 'up', after: 100_000 } })
    await store.put('a.bin', body)
    proxy.resetAll()
    proxy.next({ halfOpen: { direction: 'down', after: 1 * MiB } })
    expect((await all(store.read('a.bin', { offset: 0 }))).equals(body)).toBe(true)
    expect(seen).toContain('network.stalled')
    await store.close()
  })

  it('says network.proxy, without its password, when the proxy of the environment cannot be reached', async () => {
    const container = await azure.container()
    const store = azure.open(container, {}, undefined, { HTTP_PROXY: 'http://user:hidden-word@127.0.0.1:1' })
    const seen = await shown(names(store))
    expect(seen.code).toBe('network.proxy')
    expect(seen.text).not.toContain('hidden-word')
  })
})
