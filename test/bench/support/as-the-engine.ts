import { hash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { performance } from 'node:perf_hooks'
import { PartRooms, fetchPart } from '../../../electron/engine/archive/fetch-part.ts'
import type { StoredPart } from '../../../electron/engine/archive/part-assembler.ts'
import { Slabs } from '../../../electron/engine/archive/part-assembler.ts'
import { Destination } from '../../../electron/engine/backup/destination.ts'
import { FanOut, windowParts } from '../../../electron/engine/backup/fan-out.ts'
import { limiting } from '../../../electron/engine/store/limiting.ts'
import { Meter, metering } from '../../../electron/engine/store/metering.ts'
import type { ObjectStore } from '../../../electron/engine/store/object-store.ts'
import { RateLimiter } from '../../../electron/engine/store/rate-limiter.ts'
import { retrying } from '../../../electron/engine/store/retrying.ts'
import { MiB } from '../../../shared/units.ts'

export const partBytes = 8 * MiB
/** Parts under way at once, both ways, in the engine; a bare SDK gets as many. */
export const width = windowParts

export type Part = { name: string; offset: number; size: number; sha256: string }

/** Whatever a run puts around a store: retries, a watchdog, a limit (none here), a meter. */
const wrapped = (bare: ObjectStore): ObjectStore =>
  retrying(limiting(metering(bare, new Meter()), new RateLimiter(null)))

/** Sends a file through what a backup uses behind compression: slabs, a fan-out to one destination, part hashes. */
export async function putAsTheEngine(bare: ObjectStore, name: string, source: string): Promise<Part[]> {
  const store = wrapped(bare)
  const { signal } = new AbortController()
  const monotonic = () => performance.now()
  const events = { opened: async () => {}, acknowledged: () => {}, committed: async () => {} }
  const destination = new Destination({ name: 'bench', store, signal, monotonic, events })
  const fanOut = new FanOut([destination], { monotonic, signal })
  const slabs = new Slabs(windowParts + 1)
  const parts: Part[] = []
  const file = await open(source)
  try {
    for (let index = 0, offset = 0; ; index++) {
      const slab = await slabs.take()
      const { bytesRead: size } = await file.read(slab, 0, partBytes, offset)
      if (size === 0) break
      const bytes = slab.subarray(0, size)
      const sha256 = hash('sha256', bytes, 'hex')
      const part: StoredPart = { index, offset, bytes, sha256, release: () => slabs.give(slab) }
      await fanOut.push(part, { volume: 0, name, index, offset })
      parts.push({ name, offset, size, sha256 })
      offset += size
    }
    await fanOut.finish()
    return parts
  } finally {
    await file.close()
  }
}

/** Fetches parts as a restore does, a few ahead, each compared with its hash, and writes them in order. */
export async function getAsTheEngine(
  bare: ObjectStore,
  parts: readonly Part[],
  target: string,
): Promise<void> {
  const store = wrapped(bare)
  const { signal } = new AbortController()
  const file = await open(target, 'wx')
  const rooms = new PartRooms()
  const ahead: { part: Part; bytes: Promise<Buffer> }[] = []
  try {
    const use = async () => {
      const { part, bytes } = ahead.shift()!
      const buffer = await bytes
      await file.write(buffer, 0, part.size, part.offset)
      rooms.give(buffer)
    }
    for (const part of parts) {
      ahead.push({ part, bytes: fetchPart(store, part, signal, rooms.take(part.size)) })
      if (ahead.length >= width) await use()
    }
    while (ahead.length > 0) await use()
  } finally {
    await Promise.allSettled(ahead.map(({ bytes }) => bytes))
    await file.close()
  }
}

/** Runs `work` for 0 to `count - 1`, `width` at once. */
export async function inParallel(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (next < count) await work(next++)
    }),
  )
}
