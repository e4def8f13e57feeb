import { EngineError } from '../engine-error.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { openAge, maxHeader, openRange, sealedRange } from './age/age-reader.ts'
import type { OpenedAge } from './age/age-reader.ts'
import type { DecryptWith } from './age/key.ts'
import { decompressBlock, release } from './compress.ts'
import type { BackupFile } from './manifest.ts'
import { fetchPart, partPlaces } from './fetch-part.ts'
import type { PartPlace } from './fetch-part.ts'
import { volumesOf } from './manifest.ts'

/** A block of the content, or why it cannot be had: damage to one block is no reason to give up the others. */
export type ReadBlock = { index: number; bytes: Uint8Array } | { index: number; failure: EngineError }

/** Parts being fetched or waiting to be used, and blocks being decompressed: what bounds the memory of a restore. */
const partsAhead = 3
const blocksAhead = 2

/** A backup file opened for reading any of its blocks, every part proven by its hash on the way. */
export class ArchiveReader {
  private readonly store: ObjectStore
  private readonly file: BackupFile
  private readonly blocks: readonly { at: number; size: number }[]
  private readonly places: PartPlace[]
  private age: OpenedAge | null = null

  /** @param blocks where each block lies in the compressed stream, as the entry list says */
  constructor(store: ObjectStore, file: BackupFile, blocks: readonly { at: number; size: number }[]) {
    this.store = store
    this.file = file
    this.blocks = blocks
    this.places = partPlaces(file)
  }

  /** Must be called before `read` for an encrypted file. @throws EngineError `auth.passphrase`, `auth.secret-missing` */
  async unlock(secret: DecryptWith, signal: AbortSignal): Promise<void> {
    if (!this.file.encryption) return
    const [first] = volumesOf(this.file)
    const pieces: Uint8Array[] = []
    const length = Math.min(maxHeader, first?.size ?? 0)
    for await (const piece of this.store.read(
      first?.name ?? this.file.name,
      { offset: 0, length },
      { signal },
    ))
      pieces.push(piece)
    this.age = await openAge(Buffer.concat(pieces), secret, this.file.name)
  }

  /** Bytes that reading these blocks fetches: whole parts. */
  fetchBytes(wanted: Iterable<number>): number {
    const parts = new Set<number>()
    for (const index of wanted) for (const part of this.partsOf(index)) parts.add(part)
    return [...parts].reduce((sum, index) => sum + (this.places[index]?.size ?? 0), 0)
  }

  /**
   * Reads blocks in rising order, fetching each part once and a few ahead.
   * @throws EngineError for failures that concern the server as a whole; damage comes as a block's failure
   */
  async *read(
    wanted: AsyncIterable<number> | Iterable<number>,
    signal: AbortSignal,
  ): AsyncGenerator<ReadBlock> {
    const queue: Promise<ReadBlock>[] = []
    const stop = new AbortController()
    const both = AbortSignal.any([signal, stop.signal])
    try {
      for await (const { index, parts, left } of this.fetch(wanted, both)) {
        if (left.length > 0) void this.letGo(left, [...queue])
        const task = this.open(index, parts)
        task.catch(() => {})
        queue.push(task)
        if (queue.length >= blocksAhead) yield await queue.shift()!
      }
      while (queue.length > 0) yield await queue.shift()!
    } finally {
      stop.abort()
      await Promise.allSettled(queue)
    }
  }

  /** Pairs each wanted block with its parts, fetched. Parts still needed by the next block are kept. */
  private async *fetch(wanted: AsyncIterable<number> | Iterable<number>, signal: AbortSignal) {
    const fetched = new Map<number, Promise<Buffer>>()
    const waiting: { index: number; parts: number[] }[] = []
    const take = async ({ index, parts }: { index: number; parts: number[] }) => {
      const left: Promise<Buffer>[] = []
      for (const [old, task] of fetched) if (old < parts[0]! && fetched.delete(old)) left.push(task)
      return { index, left, parts: await Promise.allSettled(parts.map(part => fetched.get(part)!)) }
    }
    for await (const index of wanted) {
      const parts = this.partsOf(index)
      for (const part of parts) {
        if (fetched.has(part)) continue
        while (waiting.length > 0 && fetched.size >= partsAhead) yield await take(waiting.shift()!)
        const task = fetchPart(this.store, this.places[part]!, signal)
        task.catch(() => {})
        fetched.set(part, task)
      }
      waiting.push({ index, parts })
    }
    for (const next of waiting) yield await take(next)
  }

  /** Gives the memory of parts back that no later block needs, once `users` are done with it. */
  private async letGo(parts: Promise<Buffer>[], users: Promise<unknown>[]): Promise<void> {
    // Stored without compression, a block is a piece of its part and belongs to whoever reads it.
    if (this.file.compression === 'none') return
    await Promise.allSettled(users)
    for (const part of await Promise.allSettled(parts)) if (part.status === 'fulfilled') release(part.value)
  }

  private async open(index: number, fetched: PromiseSettledResult<Buffer>[]): Promise<ReadBlock> {
    const failed = fetched.find(part => part.status === 'rejected')
    if (failed) {
      const { reason } = failed as { reason: unknown }
      if (reason instanceof EngineError && reason.code.startsWith('data.')) return { index, failure: reason }
      throw reason
    }
    const { at, size } = this.blocks[index]!
    const bytes = fetched.map(part => (part as PromiseFulfilledResult<Buffer>).value)
    const start = this.places[this.partsOf(index)[0]!]!.start
    try {
      return {
        index,
        bytes: await decompressBlock(
          this.content(bytes, start, at, size),
          this.file.compression,
          this.file.name,
        ),
      }
    } catch (err) {
      if (err instanceof EngineError && err.code.startsWith('data.')) return { index, failure: err }
      throw err
    }
  }

  /** The compressed bytes `[at, at + size)` out of stored parts that begin at `start`. */
  private content(parts: Buffer[], start: number, at: number, size: number): Uint8Array {
    const joined = parts.length === 1 ? parts[0]! : Buffer.concat(parts)
    if (!this.age) return joined.subarray(at - start, at - start + size)
    const { first, from, to } = sealedRange(this.age, this.file.size, at, size)
    return openRange(
      this.age,
      this.file.size,
      joined.subarray(from - start, to - start),
      first,
      at,
      size,
      this.file.name,
    )
  }

  /** Which parts hold a block. @throws EngineError `data.format` for a block that lies in none */
  private partsOf(index: number): number[] {
    const block = this.blocks[index]
    if (!block)
      throw new EngineError('data.format', 'archive.read', {
        subject: this.file.name,
        detail: `there is no block ${index}`,
      })
    const { from, to } = this.age
      ? sealedRange(this.age, this.file.size, block.at, block.size)
      : { from: block.at, to: block.at + block.size }
    if (to > this.file.size || from >= to)
      throw new EngineError('data.format', 'archive.read', {
        subject: this.file.name,
        detail: `block ${index} lies outside`,
      })
    const parts: number[] = []
    for (let part = this.partAt(from); part < this.places.length && this.places[part]!.start < to; part++)
      parts.push(part)
    return parts
  }

  private partAt(offset: number): number {
    let low = 0
    let high = this.places.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.places[middle]!.start <= offset) low = middle
      else high = middle - 1
    }
    return low
  }
}
