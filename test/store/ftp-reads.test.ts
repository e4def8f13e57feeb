import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FtpStore } from '../../electron/engine/store/ftp/ftp-store.ts'
import { pieceBytes } from '../../electron/engine/store/object-store.ts'
import { MiB } from '../../shared/units.ts'
import { startVsftpd, vsftpdAvailable, type Vsftpd } from '../support/servers/vsftpd.ts'
import { collect, openFtp } from './ftp-support.ts'

const available = await vsftpdAvailable()
const why = available.ok ? '' : ` (skipped: ${available.why})`
const part = 3 * MiB + 17

describe.skipIf(!available.ok).each(['none', 'explicit'] as const)(
  `FtpStore reading on, TLS %s${why}`,
  tls => {
    let server: Vsftpd
    let store: FtpStore
    const body = randomBytes(5 * part + 1000)
    beforeAll(async () => {
      server = await startVsftpd({ tls })
      store = openFtp(server, tls)
      await store.put('parts.bin', body)
    })
    afterAll(async () => {
      await store?.close()
      await server?.stop()
    })

    const downloads = async () => [...(await server.log()).matchAll(/RETR/g)].length
    const range = (index: number) => ({
      offset: index * part,
      length: Math.min(part, body.length - index * part),
    })
    const slice = (index: number) => body.subarray(index * part, (index + 1) * part)

    /** Reads a part into memory of its own, and checks that what is handed out are pieces of that memory. */
    async function readInto(index: number, signal?: AbortSignal): Promise<Buffer> {
      const into = Buffer.alloc(range(index).length)
      let at = 0
      for await (const piece of store.read('parts.bin', range(index), { into, signal })) {
        expect(piece.buffer).toBe(into.buffer)
        expect(piece.byteOffset).toBe(into.byteOffset + at)
        expect(piece.length).toBeLessThanOrEqual(pieceBytes)
        at += piece.length
      }
      expect(at).toBe(into.length)
      return into
    }

    it('reads parts that follow each other, some at once, over a single download', async () => {
      const before = await downloads()
      const got = await Promise.all([0, 1, 2].map(index => readInto(index)))
      for (let index = 3; index < 6; index++) got.push(await readInto(index))
      expect(Buffer.concat(got).equals(body)).toBe(true)
      expect((await downloads()) - before).toBe(1)
    })

    it('reads on without memory of the caller, where pieces lie across the parts', async () => {
      const got = await Promise.all([0, 1, 2, 3].map(index => collect(store.read('parts.bin', range(index)))))
      expect(Buffer.concat(got).equals(body.subarray(0, 4 * part))).toBe(true)
    })

    it('begins anew for the parts behind one that is cancelled before its turn, which is cancelled at once', async () => {
      const stop = new AbortController()
      const first = store.read('parts.bin', range(0), { into: Buffer.alloc(part) })[Symbol.asyncIterator]()
      await first.next()
      const second = readInto(1, stop.signal)
      const third = readInto(2)
      stop.abort()
      // The first has not moved on: nobody waits for it.
      await expect(second).rejects.toMatchObject({ code: 'cancelled' })
      expect((await third).equals(slice(2))).toBe(true)
      await first.return?.(undefined)
      expect((await readInto(1)).equals(slice(1))).toBe(true)
    })

    it('begins anew for the parts behind one that is cancelled in its midst, and writes nothing to it any more', async () => {
      const stop = new AbortController()
      const into = Buffer.alloc(part)
      const first = store.read('parts.bin', range(0), { into, signal: stop.signal })[Symbol.asyncIterator]()
      await first.next()
      const behind = [1, 2].map(index => readInto(index))
      stop.abort()
      await expect(first.next()).rejects.toMatchObject({ code: 'cancelled' })
      into.fill(0xee)
      expect((await Promise.all(behind)).every((bytes, at) => bytes.equals(slice(at + 1)))).toBe(true)
      expect(into.every(byte => byte === 0xee)).toBe(true)
    })

    it('does not wait for ever for a part that nobody takes', async () => {
      const first = store.read('parts.bin', range(0))[Symbol.asyncIterator]()
      await first.next()
      expect((await readInto(1)).equals(slice(1))).toBe(true)
      await first.return?.(undefined)
    })

    it('says data.missing for a part that ends behind the object, also when it reads on', async () => {
      const [last, beyond] = await Promise.allSettled([
        readInto(4),
        collect(store.read('parts.bin', { offset: 5 * part, length: 1001 })),
      ])
      expect(last).toMatchObject({ status: 'fulfilled' })
      expect(beyond).toMatchObject({ reason: { code: 'data.missing' } })
    })

    it('does not read on in an object that has been replaced', async () => {
      await store.put('replaced.bin', Buffer.alloc(4 * MiB, 'a'))
      await collect(store.read('replaced.bin', { offset: 0, length: 2 * MiB }))
      await store.put('replaced.bin', Buffer.alloc(4 * MiB, 'b'))
      const rest = await collect(store.read('replaced.bin', { offset: 2 * MiB, length: 2 * MiB }))
      expect(rest.equals(Buffer.alloc(2 * MiB, 'b'))).toBe(true)
    })
  },
)
