import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EngineError } from '../../electron/engine/engine-error.ts'
import { ForwardingStore } from '../../electron/engine/store/forwarding.ts'
import type { ObjectInfo, ObjectStore } from '../../electron/engine/store/object-store.ts'
import { retrying } from '../../electron/engine/store/retrying.ts'
import { MiB } from '../../shared/units.ts'

/** What a suite hands in: a fresh, empty place, and another store object on the same place. */
export type StoreUnderTest = {
  store: ObjectStore
  /** Opens the same place again, as a new process would. */
  reopen(): Promise<ObjectStore>
  cleanup(): Promise<void>
}

/** The obligations of `ObjectStore`, against a real server. Every implementation passes all of it. */
export function objectStoreConformance(kind: string, open: () => Promise<StoreUnderTest>): void {
  describe(`object store: ${kind}`, () => {
    let place: StoreUnderTest
    let store: ObjectStore
    beforeAll(async () => {
      place = await open()
      store = place.store
    })
    afterAll(async () => {
      await store?.close()
      await place?.cleanup()
    })

    it('puts an object and reads it back whole', async () => {
      const body = randomBytes(300_000)
      await store.put('whole.bin', body)
      expect(sha(await all(store.read('whole.bin', { offset: 0 })))).toBe(sha(body))
      expect(await store.stat('whole.bin')).toMatchObject({ name: 'whole.bin', size: 300_000 })
    })

    it('puts an empty object', async () => {
      await store.put('empty.bin', new Uint8Array())
      expect(await store.stat('empty.bin')).toMatchObject({ size: 0 })
      expect((await all(store.read('empty.bin', { offset: 0 }))).length).toBe(0)
    })

    it('replaces an object by a plain put and keeps it from a put that wants it absent', async () => {
      await store.put('twice.bin', Buffer.from('one'))
      await store.put('twice.bin', Buffer.from('second'))
      await expect(store.put('twice.bin', Buffer.from('third'), { ifAbsent: true })).rejects.toMatchObject({
        code: 'remote.exists',
      })
      expect(String(await all(store.read('twice.bin', { offset: 0 })))).toBe('second')
      await store.put('once.bin', Buffer.from('fresh'), { ifAbsent: true })
      expect(String(await all(store.read('once.bin', { offset: 0 })))).toBe('fresh')
    })

    it('reads ranges at the start, in the middle and at the end', async () => {
      const body = randomBytes(1 * MiB + 17)
      await store.put('ranges.bin', body)
      for (const [offset, length] of [
        [0, 1],
        [1, 255],
        [262_143, 3],
        [500_000, 524_288],
        [body.length - 1, 1],
        [0, body.length],
      ] as const) {
        const got = await all(store.read('ranges.bin', { offset, length }))
        expect(got.equals(body.subarray(offset, offset + length)), `${offset}+${length}`).toBe(true)
      }
      expect(
        (await all(store.read('ranges.bin', { offset: body.length - 5 }))).equals(body.subarray(-5)),
      ).toBe(true)
    })

    it('fills the memory it is given from its start on, with pieces of it, and leaves the rest of it alone', async () => {
      const body = randomBytes(1 * MiB + 17)
      await store.put('into.bin', body)
      for (const [offset, length] of [
        [0, body.length],
        [0, undefined],
        [700_001, 300_000],
        [body.length - 1, 1],
        [5, 0],
      ] as const) {
        const size = length ?? body.length - offset
        const memory = Buffer.alloc(size + 100, 0xa5)
        const into = memory.subarray(50, 50 + size + 20)
        let at = 0
        const range = { offset, ...(length === undefined ? {} : { length }) }
        for await (const piece of store.read('into.bin', range, { into })) {
          expect(piece.buffer).toBe(memory.buffer)
          expect(piece.byteOffset).toBe(into.byteOffset + at)
          expect(piece.byteLength).toBeLessThanOrEqual(256 * 1024)
          // Already there when the piece is handed out.
          expect(Buffer.compare(piece, body.subarray(offset + at, offset + at + piece.byteLength))).toBe(0)
          at += piece.byteLength
        }
        expect(at, `${offset}+${length}`).toBe(size)
        expect(into.subarray(0, size).equals(body.subarray(offset, offset + size))).toBe(true)
        expect(memory.subarray(0, 50).equals(Buffer.alloc(50, 0xa5))).toBe(true)
        expect(memory.subarray(50 + size).equals(Buffer.alloc(50, 0xa5))).toBe(true)
      }
    })

    it('says remote.wrong-answer for bytes that do not fit into the memory it is given', async () => {
      await store.put('too-much.bin', randomBytes(600_000))
      for (const range of [{ offset: 0, length: 600_000 }, { offset: 0 }, { offset: 100 }]) {
        const memory = Buffer.alloc(600_000, 0xa5)
        const into = memory.subarray(0, 599_000)
        await expect(all(store.read('too-much.bin', range, { into }))).rejects.toMatchObject({
          code: 'remote.wrong-answer',
        })
        expect(memory.subarray(599_000).equals(Buffer.alloc(1000, 0xa5))).toBe(true)
      }
      expect((await all(store.read('too-much.bin', { offset: 0 }))).length).toBe(600_000)
    })

    it('goes on filling where it stopped when a read with memory breaks off and is retried', async () => {
      const body = randomBytes(2 * MiB + 5)
      await store.put('broken-off.bin', body)
      const retried = retrying(new BreakingOff(store, 300_000), { delay: async () => {}, random: () => 0 })
      const into = Buffer.alloc(1_500_000)
      let at = 0
      for await (const piece of retried.read(
        'broken-off.bin',
        { offset: 1000, length: into.length },
        { into },
      )) {
        expect(piece.byteOffset).toBe(into.byteOffset + at)
        at += piece.byteLength
      }
      expect(at).toBe(into.length)
      expect(into.equals(body.subarray(1000, 1000 + into.length))).toBe(true)
    })

    it('reads several ranges at once into memory that lies side by side', async () => {
      const body = randomBytes(6 * MiB)
      await store.put('beside.bin', body)
      const memory = Buffer.alloc(body.length)
      await Promise.all(
        [0, 1, 2].map(async index => {
          const [offset, length] = [index * 2 * MiB, 2 * MiB]
          const into = memory.subarray(offset, offset + length)
          for await (const piece of store.read('beside.bin', { offset, length }, { into })) void piece
        }),
      )
      expect(memory.equals(body)).toBe(true)
    })

    it('says data.missing when a range ends behind the object', async () => {
      await store.put('short.bin', Buffer.from('0123456789'))
      await expect(all(store.read('short.bin', { offset: 5, length: 6 }))).rejects.toMatchObject({
        code: 'data.missing',
      })
      await expect(all(store.read('short.bin', { offset: 11 }))).rejects.toMatchObject({
        code: 'data.missing',
      })
    })

    it('says remote.not-found for an absent object, null for its stat, and nothing when it is removed', async () => {
      await expect(all(store.read('absent.bin', { offset: 0 }))).rejects.toMatchObject({
        code: 'remote.not-found',
      })
      expect(await store.stat('absent.bin')).toBeNull()
      await store.remove('absent.bin')
    })

    it.each(['../evil', 'a/b', '', '.', '..', '.hidden', '-x', 'a\nb', 'a\\b', 'a..b', 'x'.repeat(201)])(
      'refuses the name %j',
      async name => {
        await expect(store.put(name, Buffer.from('x'))).rejects.toMatchObject({ code: 'input.invalid' })
        await expect(all(store.read(name, { offset: 0 }))).rejects.toMatchObject({ code: 'input.invalid' })
        await expect(store.stat(name)).rejects.toMatchObject({ code: 'input.invalid' })
        await expect(store.remove(name)).rejects.toMatchObject({ code: 'input.invalid' })
        await expect(store.upload(name)).rejects.toMatchObject({ code: 'input.invalid' })
      },
    )

    it('lists by prefix, each object once, with sizes, and no partial uploads', async () => {
      for (let i = 0; i < 25; i++) await store.put(`list-${String(i).padStart(2, '0')}.bin`, Buffer.alloc(i))
      const upload = await store.upload('list-partial.bin')
      await upload.write({ index: 0, offset: 0, bytes: Buffer.alloc(6 * MiB, 1) })
      const found = await names(store.list('list-'))
      expect(found.map(o => `${o.name}:${o.size}`).sort()).toEqual(
        Array.from({ length: 25 }, (_, i) => `list-${String(i).padStart(2, '0')}.bin:${i}`),
      )
      await upload.abort()
      expect(await names(store.list('nothing-has-this-prefix'))).toEqual([])
    })

    it('removes an object', async () => {
      await store.put('gone.bin', Buffer.from('x'))
      await store.remove('gone.bin')
      expect(await store.stat('gone.bin')).toBeNull()
    })

    it('uploads parts of different size, several at once, and shows the object only after the commit', async () => {
      const parts = [
        randomBytes(6 * MiB + 3),
        randomBytes(5 * MiB),
        randomBytes(9 * MiB + 1),
        randomBytes(77),
      ]
      const upload = await store.upload('parts.bin')
      await sendAll(upload, parts)
      expect(await store.stat('parts.bin')).toBeNull()
      const whole = Buffer.concat(parts)
      await upload.commit({ bytes: whole.length, parts: parts.length })
      expect(await store.stat('parts.bin')).toMatchObject({ size: whole.length })
      expect(sha(await all(store.read('parts.bin', { offset: 0 })))).toBe(sha(whole))
    })

    it('commits an upload of a single small part, and one of none', async () => {
      const small = await store.upload('small-upload.bin')
      await small.write({ index: 0, offset: 0, bytes: Buffer.from('small') })
      await small.commit({ bytes: 5, parts: 1 })
      expect(String(await all(store.read('small-upload.bin', { offset: 0 })))).toBe('small')
      const none = await store.upload('no-part.bin')
      await none.commit({ bytes: 0, parts: 0 })
      expect(await store.stat('no-part.bin')).toMatchObject({ size: 0 })
    })

    it('refuses a commit onto an existing name and leaves what stands there', async () => {
      await store.put('taken.bin', Buffer.from('first'))
      const upload = await store.upload('taken.bin')
      await upload.write({ index: 0, offset: 0, bytes: Buffer.from('other') })
      await expect(upload.commit({ bytes: 5, parts: 1 })).rejects.toMatchObject({ code: 'remote.exists' })
      await upload.abort()
      expect(String(await all(store.read('taken.bin', { offset: 0 })))).toBe('first')
    })

    it('leaves nothing behind an aborted upload', async () => {
      const upload = await store.upload('aborted.bin')
      await upload.write({ index: 0, offset: 0, bytes: randomBytes(6 * MiB) })
      await upload.abort()
      expect(await store.stat('aborted.bin')).toBeNull()
      await expect(store.upload('aborted.bin', { resume: upload.token })).rejects.toMatchObject({
        code: 'remote.not-found',
      })
    })

    it('takes an upload up again where the server confirms it was, from a new store', async () => {
      const parts = [randomBytes(8 * MiB), randomBytes(7 * MiB), randomBytes(6 * MiB), randomBytes(1000)]
      const first = await store.upload('resumed.bin')
      await first.write({ index: 0, offset: 0, bytes: parts[0]! })
      await first.write({ index: 1, offset: 8 * MiB, bytes: parts[1]! })
      const token = JSON.parse(JSON.stringify(first.token)) as typeof first.token
      await first.detach()

      const second = await place.reopen()
      try {
        const upload = await second.upload('resumed.bin', { resume: token })
        expect(upload.confirmed.bytes).toBe(15 * MiB)
        if (upload.confirmed.parts !== null) expect(upload.confirmed.parts).toBe(2)
        await upload.rewind({ bytes: 15 * MiB, parts: 2 })
        await upload.write({ index: 2, offset: 15 * MiB, bytes: parts[2]! })
        await upload.write({ index: 3, offset: 21 * MiB, bytes: parts[3]! })
        const whole = Buffer.concat(parts)
        await upload.commit({ bytes: whole.length, parts: 4 })
        expect(sha(await all(second.read('resumed.bin', { offset: 0 })))).toBe(sha(whole))
      } finally {
        await second.close()
      }
    })

    it('goes back to an earlier boundary and forgets what lay behind it', async () => {
      const first = await store.upload('rewound.bin')
      await first.write({ index: 0, offset: 0, bytes: Buffer.alloc(6 * MiB, 1) })
      await first.write({ index: 1, offset: 6 * MiB, bytes: Buffer.alloc(9 * MiB, 2) })
      await first.detach()
      const upload = await store.upload('rewound.bin', { resume: first.token })
      await upload.rewind({ bytes: 6 * MiB, parts: 1 })
      await upload.write({ index: 1, offset: 6 * MiB, bytes: Buffer.from('tail') })
      await upload.commit({ bytes: 6 * MiB + 4, parts: 2 })
      const whole = await all(store.read('rewound.bin', { offset: 0 }))
      expect(whole.length).toBe(6 * MiB + 4)
      expect(String(whole.subarray(-4))).toBe('tail')
    })

    it('writes the same part again without harm', async () => {
      const upload = await store.upload('again.bin')
      const part = randomBytes(6 * MiB)
      await upload.write({ index: 0, offset: 0, bytes: part })
      await upload.write({ index: 0, offset: 0, bytes: part })
      await upload.write({ index: 1, offset: part.length, bytes: Buffer.from('end') })
      await upload.commit({ bytes: part.length + 3, parts: 2 })
      expect(sha(await all(store.read('again.bin', { offset: 0 })))).toBe(
        sha(Buffer.concat([part, Buffer.from('end')])),
      )
    })

    it('stops a read at once when its signal fires, and reads again afterwards', async () => {
      await store.put('cancel.bin', Buffer.alloc(12 * MiB, 7))
      const stop = new AbortController()
      const reading = (async () => {
        let seen = 0
        for await (const piece of store.read('cancel.bin', { offset: 0 }, { signal: stop.signal })) {
          seen += piece.length
          if (seen > 1 * MiB) stop.abort()
        }
      })()
      await expect(reading).rejects.toThrow()
      expect((await all(store.read('cancel.bin', { offset: 12 * MiB - 1 }))).length).toBe(1)
    })

    it('leaves nothing under the final name when a put is cancelled', async () => {
      const stop = new AbortController()
      const putting = store.put('cancelled-put.bin', Buffer.alloc(8 * MiB), {
        signal: stop.signal,
        gate: () => stop.abort(),
      })
      await expect(putting).rejects.toThrow()
      expect(await store.stat('cancelled-put.bin')).toBeNull()
    })

    it('refuses to start with a signal that has fired', async () => {
      const signal = AbortSignal.abort()
      await expect(store.put('never.bin', Buffer.from('x'), { signal })).rejects.toThrow()
      await expect(store.stat('whole.bin', { signal })).rejects.toThrow()
      expect(await store.stat('never.bin')).toBeNull()
    })

    it('awaits the gate for every piece of a read and of a write', async () => {
      const sent: number[] = []
      const body = randomBytes(6 * MiB)
      const upload = await store.upload('gated.bin')
      await upload.write({ index: 0, offset: 0, bytes: body }, { gate: n => void sent.push(n) })
      await upload.commit({ bytes: body.length, parts: 1 })
      expect(sum(sent)).toBe(body.length)
      expect(Math.max(...sent)).toBeLessThanOrEqual(256 * 1024)
      const got: number[] = []
      await all(store.read('gated.bin', { offset: 0 }, { gate: n => void got.push(n) }))
      expect(sum(got)).toBe(body.length)
    })

    it('reports what it can do and removes its probe objects', async () => {
      const report = await store.probe()
      expect(report.checks.length).toBeGreaterThan(1)
      expect(report.checks.filter(c => c.level === 'stop' && !c.ok)).toEqual([])
      expect(await names(store.list('drydock-probe-'))).toEqual([])
    })
  })
}

/** A fake fault: every read of the real store beneath breaks off once it has brought `after` bytes. */
class BreakingOff extends ForwardingStore {
  readonly #after: number

  constructor(store: ObjectStore, after: number) {
    super(store)
    this.#after = after
  }

  override async *read(...args: Parameters<ObjectStore['read']>): AsyncGenerator<Uint8Array> {
    let got = 0
    for await (const piece of super.read(...args)) {
      yield piece
      got += piece.byteLength
      if (got >= this.#after) throw new EngineError('network.interrupted', 'server.read')
    }
  }
}

const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const sum = (list: number[]): number => list.reduce((a, b) => a + b, 0)

export async function all(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const list: Uint8Array[] = []
  for await (const piece of pieces) list.push(piece)
  return Buffer.concat(list)
}

async function names(objects: AsyncIterable<ObjectInfo>): Promise<ObjectInfo[]> {
  const list: ObjectInfo[] = []
  for await (const object of objects) list.push(object)
  return list
}

async function sendAll(
  upload: { width: number; write: ObjectStoreWrite },
  parts: Uint8Array[],
): Promise<void> {
  let offset = 0
  const busy = new Set<Promise<void>>()
  for (const [index, bytes] of parts.entries()) {
    const task = upload.write({ index, offset, bytes }).finally(() => busy.delete(task))
    busy.add(task)
    offset += bytes.length
    if (busy.size >= upload.width) await Promise.race(busy)
  }
  await Promise.all(busy)
}
type ObjectStoreWrite = (part: { index: number; offset: number; bytes: Uint8Array }) => Promise<void>
