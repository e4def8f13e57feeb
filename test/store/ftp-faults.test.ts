import { randomBytes } from 'node:crypto'
import { readdir, readFile, truncate } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { FtpStore } from '../../electron/engine/store/ftp/ftp-store.ts'
import { partialMark } from '../../electron/engine/store/object-store.ts'
import { startVsftpd, vsftpdAvailable, type Vsftpd } from '../support/servers/vsftpd.ts'
import { FtpProxies } from './ftp-proxies.ts'
import { collect, openFtp } from './ftp-support.ts'

const available = await vsftpdAvailable()
const MiB = 1024 * 1024

describe.skipIf(!available.ok).each(['none', 'explicit'] as const)(
  'FtpStore on a bad network, TLS %s',
  tls => {
    let server: Vsftpd
    let proxies: FtpProxies
    let store: FtpStore
    const folder = (): string => path.join(server.home, 'backups')

    beforeAll(async () => {
      server = await startVsftpd({ tls })
    })
    afterAll(() => server?.stop())
    beforeEach(async () => {
      proxies = await FtpProxies.start(server)
      store = openFtp(server, tls, { host: proxies.host })
      // A first transfer settles what a store finds out by itself, so that the faults below are seen as they are.
      await store.put('settled.bin', Buffer.alloc(100))
      await collect(store.read('settled.bin', { offset: 0 }))
    })
    afterEach(async () => {
      await store.close()
      await proxies.close()
    })

    it('sends a part again to its place after the connection broke in the middle, without a byte lost', async () => {
      const parts = [randomBytes(5 * MiB), randomBytes(5 * MiB + 11), randomBytes(999)]
      proxies.dataPlans.next({ cut: { direction: 'up', after: 7 * MiB, how: 'reset' } })
      const upload = await store.upload(`again-${tls}.bin`)
      let failures = 0
      // The reset may be noticed by the write under way, by the next one or by the commit: buffers lie between.
      const twice = (call: () => Promise<void>): Promise<void> =>
        call().catch((err: unknown) => {
          failures += 1
          expect(err).toMatchObject({ code: 'network.interrupted' })
          return call()
        })
      let offset = 0
      for (const [index, bytes] of parts.entries()) {
        await twice(() => upload.write({ index, offset, bytes }))
        offset += bytes.length
      }
      await twice(() => upload.commit({ bytes: offset, parts: 3 }))
      expect(failures).toBe(1)
      expect((await readFile(path.join(folder(), `again-${tls}.bin`))).equals(Buffer.concat(parts))).toBe(
        true,
      )
    })

    it('makes up for bytes that were taken and never arrived', async () => {
      const bytes = randomBytes(6 * MiB)
      const upload = await store.upload(`lost-${tls}.bin`)
      await upload.write({ index: 0, offset: 0, bytes })
      await upload.detach()
      // What a server does that acknowledged nothing: the end of what was sent is gone.
      const [partial] = (await readdir(folder())).filter(name =>
        name.startsWith(`lost-${tls}.bin${partialMark}`),
      )
      await truncate(path.join(folder(), partial ?? ''), 2 * MiB + 5)
      await upload.write({ index: 1, offset: bytes.length, bytes: Buffer.from('end') })
      await upload.commit({ bytes: bytes.length + 3, parts: 2 })
      const whole = await readFile(path.join(folder(), `lost-${tls}.bin`))
      expect(whole.equals(Buffer.concat([bytes, Buffer.from('end')]))).toBe(true)
    })

    it('says how much is there when more was lost than is kept', async () => {
      const upload = await store.upload(`far-${tls}.bin`)
      await upload.write({ index: 0, offset: 0, bytes: Buffer.alloc(20 * MiB) })
      await upload.detach()
      const [partial] = (await readdir(folder())).filter(name =>
        name.startsWith(`far-${tls}.bin${partialMark}`),
      )
      await truncate(path.join(folder(), partial ?? ''), 1000)
      const next = upload.write({ index: 1, offset: 20 * MiB, bytes: Buffer.from('end') })
      await expect(next).rejects.toMatchObject({ code: 'data.missing' })
      await upload.abort()
      expect((await readdir(folder())).filter(name => name.startsWith('far-'))).toEqual([])
    })

    it('commits a second time without harm', async () => {
      const upload = await store.upload(`renamed-${tls}.bin`)
      await upload.write({ index: 0, offset: 0, bytes: Buffer.from('content') })
      await upload.commit({ bytes: 7, parts: 1 })
      await upload.commit({ bytes: 7, parts: 1 })
      expect(await store.stat(`renamed-${tls}.bin`)).toMatchObject({ size: 7 })
    })

    it('reports a download that ends early as interrupted, and goes on where it was', async () => {
      const body = randomBytes(4 * MiB)
      await store.put(`cut-${tls}.bin`, body)
      for (const how of ['reset', 'close'] as const) {
        proxies.dataPlans.next({ cut: { direction: 'down', after: 1 * MiB, how } })
        const got: Uint8Array[] = []
        const reading = (async () => {
          for await (const piece of store.read(`cut-${tls}.bin`, { offset: 0 })) got.push(piece)
        })()
        await expect(reading).rejects.toMatchObject({ code: 'network.interrupted' })
        const first = Buffer.concat(got)
        expect(first.length).toBeLessThanOrEqual(1 * MiB)
        expect(body.subarray(0, first.length).equals(first)).toBe(true)
        const rest = await collect(store.read(`cut-${tls}.bin`, { offset: first.length }))
        expect(Buffer.concat([first, rest]).equals(body)).toBe(true)
      }
    })

    it('stops in the middle of an object without losing its connection', async () => {
      await store.put(`range-${tls}.bin`, randomBytes(24 * MiB))
      await collect(store.read(`range-${tls}.bin`, { offset: 0, length: 10 }))
      const { count } = proxies.control
      for (let at = 0; at < 5; at += 1) {
        expect(
          (await collect(store.read(`range-${tls}.bin`, { offset: at * MiB, length: 1000 }))).length,
        ).toBe(1000)
      }
      expect(proxies.control.count).toBe(count)
    })

    it('opens a new connection when the one at rest has died', async () => {
      proxies.control.resetAll()
      await turns()
      expect(await store.stat('settled.bin')).toMatchObject({ size: 100 })
      await server.dropSessions()
      const gone = () => proxies.control.connections.every(connection => connection.ended.aborted)
      await expect.poll(gone).toBe(true)
      await turns()
      expect(await store.stat('settled.bin')).toMatchObject({ size: 100 })
    })

    it('rejects promptly when a signal fires while nothing moves, in every kind of call', async () => {
      await store.put(`dark-${tls}.bin`, randomBytes(3 * MiB))
      const upload = await store.upload(`dark-upload-${tls}.bin`)
      proxies.unplug()
      const calls: ((signal: AbortSignal) => Promise<unknown>)[] = [
        signal => store.stat('settled.bin', { signal }),
        signal => store.put('x.bin', Buffer.alloc(100), { signal }),
        signal => collect(store.read(`dark-${tls}.bin`, { offset: 0 }, { signal })),
        async signal => {
          for await (const _ of store.list('', { signal }));
        },
        signal => store.upload('y.bin', { signal }),
        signal => upload.write({ index: 0, offset: 0, bytes: Buffer.alloc(64 * MiB) }, { signal }),
      ]
      for (const call of calls) {
        const stop = new AbortController()
        const going = call(stop.signal)
        const verdict = expect(going).rejects.toMatchObject({ code: 'cancelled' })
        // Let it come to where it hangs; the network does not move.
        await turns()
        stop.abort()
        await verdict
      }
    })

    it('refuses to connect to a port where nobody listens, or to a host that is not there', async () => {
      await proxies.close()
      const gone = openFtp(server, tls, { host: proxies.host })
      await expect(gone.stat('x')).rejects.toMatchObject({ code: 'network.unreachable' })
      await gone.close()
      const nowhere = openFtp(server, tls, { host: 'nowhere.invalid' })
      await expect(nowhere.stat('x')).rejects.toMatchObject({ code: 'network.unknown-host' })
      await nowhere.close()
    })

    // Plain FTP has nothing that could notice it.
    const itUnderTls = tls === 'none' ? () => {} : it
    itUnderTls('notices a wrong byte under TLS', async () => {
      await store.put('flipped.bin', randomBytes(1 * MiB))
      proxies.dataPlans.next({ corrupt: { direction: 'down', at: 300_000 } })
      await expect(collect(store.read('flipped.bin', { offset: 0 }))).rejects.toMatchObject({
        code: 'network.interrupted',
      })
    })
  },
)

/** Lets the event loop go round, so that what has arrived is seen. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise(resolve => setImmediate(resolve))
}
