import type { Hash } from 'node:crypto'
import { createHash } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { MiB } from '../../../shared/units.ts'
import type { AgeWriter } from './age/age-writer.ts'
import { blockBytes } from './compress.ts'

/** A part grows until it holds this much: S3 takes none smaller, save the last. */
export const minPartBytes = 5 * MiB

/** What is copied and hashed before others get their turn: about a millisecond's work. */
const sliceBytes = MiB

/** Room for a part: one that has not reached its least size, and one more block that did not compress. */
export const slabBytes = minPartBytes + blockBytes + MiB

/** A part of the stored file, as it goes to every server. */
export type StoredPart = {
  index: number
  offset: number
  /** Lies in a slab of the assembler; `release` gives it back. */
  bytes: Uint8Array
  sha256: string
  release(): void
}

/** Reusable buffers, lent out a bounded number at a time. */
export class Slabs {
  private readonly free: Buffer[] = []
  private readonly waiting: ((slab: Buffer) => void)[] = []
  private made = 0
  private readonly limit: number

  constructor(limit: number) {
    this.limit = limit
  }

  take(): Promise<Buffer> {
    const slab = this.free.pop()
    if (slab) return Promise.resolve(slab)
    if (this.made < this.limit) {
      this.made++
      return Promise.resolve(Buffer.allocUnsafeSlow(slabBytes))
    }
    return new Promise(resolve => this.waiting.push(resolve))
  }

  give(slab: Buffer): void {
    const next = this.waiting.shift()
    if (next) next(slab)
    else this.free.push(slab)
  }
}

/**
 * Joins compressed blocks to parts. A part ends with a block (with encryption: at the last chunk that a block
 * filled), so an upload can be taken up at any part without a byte of the block before.
 */
export class PartAssembler {
  private readonly slabs: Slabs
  private readonly age: AgeWriter | null
  private readonly whole = createHash('sha256')
  private readonly wholeIsKnown: boolean
  private slab: Buffer | null = null
  /** Of the part under way: fed piece by piece, so that the event loop is never held for a whole part. */
  private own: Hash = createHash('sha256')
  private used = 0
  private index: number
  private offset: number

  /** @param from where an earlier process stopped; the hash of the whole file is then unknown */
  constructor(
    slabs: Slabs,
    age: AgeWriter | null,
    from: { index: number; offset: number } = { index: 0, offset: 0 },
  ) {
    this.slabs = slabs
    this.age = age
    this.index = from.index
    this.offset = from.offset
    this.wholeIsKnown = from.index === 0
  }

  /** Takes a compressed block; answers the part it completes, if it does. */
  async add(block: Uint8Array): Promise<StoredPart | null> {
    if (this.age) for (const sealed of this.age.push(block)) await this.append(sealed)
    else await this.append(block)
    return this.used >= minPartBytes ? this.cut() : null
  }

  /** The last part, when anything is left for one, and the hash of the whole file (null after a resume). */
  async end(): Promise<{ part: StoredPart | null; sha256: string | null }> {
    if (this.age) for (const piece of this.age.end()) await this.append(piece)
    const part = this.used > 0 ? this.cut() : null
    return { part, sha256: this.wholeIsKnown ? this.whole.digest('hex') : null }
  }

  private async append(piece: Uint8Array): Promise<void> {
    this.slab ??= await this.slabs.take()
    for (let at = 0; at < piece.length; at += sliceBytes) {
      // Two hashes over a block that did not compress take as long as a window needs to look stuck.
      if (at > 0) await turn()
      const slice = piece.subarray(at, at + sliceBytes)
      this.slab.set(slice, this.used)
      this.own.update(slice)
      if (this.wholeIsKnown) this.whole.update(slice)
      this.used += slice.length
    }
  }

  private cut(): StoredPart {
    const slab = this.slab!
    const bytes = slab.subarray(0, this.used)
    const part: StoredPart = {
      index: this.index++,
      offset: this.offset,
      bytes,
      sha256: this.own.digest('hex'),
      release: () => this.slabs.give(slab),
    }
    this.offset += this.used
    this.own = createHash('sha256')
    this.slab = null
    this.used = 0
    return part
  }
}
