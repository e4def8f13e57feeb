import { EngineError } from '../engine-error.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { openAge, maxHeader, openRange, sealedRange } from './age/age-reader.ts'
import type { OpenedAge } from './age/age-reader.ts'
import type { DecryptWith } from './age/key.ts'
import { decompressBlock, release } from './compress.ts'
import type { BackupFile } from './manifest.ts'
import { partPlaces } from './fetch-part.ts'
import type { PartPlace } from './fetch-part.ts'
import { volumesOf } from './manifest.ts'
import { PartsAhead } from './parts-ahead.ts'

/** A block of the content, or why it cannot be had: damage to one block is no reason to give up the others. */
export type ReadBlock = { index: number; bytes: Uint8Array } | { index: number; failure: EngineError }

/** Blocks being decompressed, or decompressed and not handed over. */
const opensAhead = 2
/** Wanted blocks known beforehand. Many fit into a part when they compress well. */
const wantedAhead = 64

/** A wanted block, the parts that hold it, in order, and its content once that is being read. */
type Upcoming = { index: number; parts: number[]; opened: Promise<ReadBlock> | null }

/** A backup file opened for reading any of its blocks, every part proven by its hash on the way. */
export class ArchiveReader {
  private readonly store: ObjectStore
  private readonly file: BackupFile
  private readonly blocks: readonly { at: number; size: number }[]
  private readonly places: PartPlace[]
  private readonly limit: () => number | null
  private age: OpenedAge | null = null
  private parts: PartsAhead | null = null
  private usedTo = 0

  /**
   * @param blocks where each block lies in the compressed stream, as the entry list says
   * @param limit bytes per second that may be read at this moment: under a low one fewer parts are fetched at once
   */
  constructor(
    store: ObjectStore,
    file: BackupFile,
    blocks: readonly { at: number; size: number }[],
    limit: () => number | null = () => null,
  ) {
    this.limit = limit
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

  /** Bytes that a `read` under way has taken from the server, of blocks that are not used up. */
  get received(): number {
    return this.parts?.received(this.usedTo) ?? 0
  }

  /** Whoever reads says that a block, and all before it, are used up. */
  usedUp(index: number): void {
    this.usedTo = Math.max(this.usedTo, this.rangeOf(index).to)
  }

  /**
   * Reads blocks in rising order, fetching each part once and a few ahead.
   *
   * Whoever asks for another block must have used up all but the last one it was given, so that they need never be
   * read again. The blocks are the caller's.
   * @throws EngineError for failures that concern the server as a whole; damage comes as a block's failure
   */
  async *read(
    wanted: AsyncIterable<number> | Iterable<number>,
    signal: AbortSignal,
  ): AsyncGenerator<ReadBlock> {
    const stop = new AbortController()
    const indexes = inTurn(wanted)
    const parts = new PartsAhead(this.store, this.places, AbortSignal.any([signal, stop.signal]), this.limit)
    this.parts = parts
    this.usedTo = 0
    const upcoming: Upcoming[] = []
    let isAll = false
    try {
      for (;;) {
        for (const block of upcoming) parts.start(block.parts, block === upcoming[0])
        while (
          !isAll &&
          (upcoming.length <= opensAhead || (parts.hasRoom && upcoming.length < wantedAhead))
        ) {
          const next = await indexes.next()
          if (next.done) isAll = true
          else {
            upcoming.push({ index: next.value, parts: this.partsOf(next.value), opened: null })
            parts.start(upcoming.at(-1)!.parts, upcoming.length === 1)
          }
        }
        const [first] = upcoming
        if (!first) return
        this.openSome(upcoming, parts)
        const block = await first.opened!
        upcoming.shift()
        yield block
        parts.forgetBefore(first.parts[0]!)
      }
    } finally {
      stop.abort()
      this.parts = null
      await parts.close()
      await indexes.return(undefined)
    }
  }

  private openSome(upcoming: readonly Upcoming[], parts: PartsAhead): void {
    for (let at = 0; at < Math.min(opensAhead, upcoming.length); at++) {
      const block = upcoming[at]!
      const fetched = block.opened ? null : parts.get(block.parts)
      if (!fetched) continue
      block.opened = this.open(block, fetched)
      block.opened.catch(() => {})
      parts.freeAfter(block.opened, upcoming[at + 1]?.parts[0] ?? this.places.length)
    }
  }

  private async open({ index, parts }: Upcoming, fetching: Promise<Buffer>[]): Promise<ReadBlock> {
    const fetched = await Promise.allSettled(fetching)
    const failed = fetched.find(part => part.status === 'rejected')
    if (failed) {
      const { reason } = failed as { reason: unknown }
      if (reason instanceof EngineError && reason.code.startsWith('data.')) return { index, failure: reason }
      throw reason
    }
    const bytes = fetched.map(part => (part as PromiseFulfilledResult<Buffer>).value)
    try {
      return { index, bytes: await this.unpack(index, bytes, this.places[parts[0]!]!.start) }
    } catch (err) {
      if (err instanceof EngineError && err.code.startsWith('data.')) return { index, failure: err }
      throw err
    }
  }

  /** A block out of stored parts, the first of which begins at `start`. The answer shares no memory with them. */
  private async unpack(index: number, parts: Buffer[], start: number): Promise<Uint8Array> {
    const { at, size } = this.blocks[index]!
    const { compression, name, size: whole } = this.file
    const range = this.age ? sealedRange(this.age, whole, at, size) : { first: 0, from: at, to: at + size }
    const { bytes, isCopy } = cut(parts, range.from - start, range.to - start)
    const stored = this.age ? openRange(this.age, whole, bytes, range.first, at, size, name) : bytes
    if (isCopy && stored !== bytes) release(bytes)
    const isOwn = isCopy || stored !== bytes
    if (compression === 'none') return isOwn ? stored : copied([stored])
    const block = await decompressBlock(stored, compression, name)
    if (isOwn) release(stored)
    return block
  }

  /** Which parts hold a block. @throws EngineError `data.format` for a block that lies in none */
  private partsOf(index: number): number[] {
    const { from, to } = this.rangeOf(index)
    const parts: number[] = []
    for (let part = this.partAt(from); part < this.places.length && this.places[part]!.start < to; part++)
      parts.push(part)
    return parts
  }

  /** Where a block lies in the stored file. @throws EngineError `data.format` for a block that lies in none */
  private rangeOf(index: number): { from: number; to: number } {
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
    return { from, to }
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

async function* inTurn<T>(items: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T, undefined> {
  yield* items
}

/** The bytes `[from, to)` of parts that follow each other: in place where one part holds them. */
function cut(parts: readonly Buffer[], from: number, to: number): { bytes: Buffer; isCopy: boolean } {
  if (parts.length === 1) return { bytes: parts[0]!.subarray(from, to), isCopy: false }
  const pieces: Buffer[] = []
  let start = 0
  for (const part of parts) {
    pieces.push(part.subarray(Math.max(0, from - start), Math.max(0, to - start)))
    start += part.length
  }
  return { bytes: copied(pieces), isCopy: true }
}

/** In memory of its own, which can be given back or handed to another thread. */
function copied(pieces: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.allocUnsafeSlow(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}
